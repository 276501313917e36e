import type { Executor } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Referrer } from './discover.ts'
import { COSIGN, NOTATION, SIGSTORE } from './signature-types.ts'

export interface SignatureReferrers {
  readonly name: RepositoryName
  readonly subject: Digest
  readonly limit: number
  /** By when they came here. */
  readonly order: 'asc' | 'desc'
}

/** What says that it is about the subject, and may be a signature; without what it says in annotations, which may be long. */
export async function listSignatureReferrers(
  executor: Executor,
  { name, subject, limit, order }: SignatureReferrers,
): Promise<Referrer[]> {
  const rows = await executor.db
    .selectFrom('repositories')
    .innerJoin('manifests', 'manifests.repository_id', 'repositories.id')
    .select(['manifests.digest', 'manifests.artifact_type'])
    .where('repositories.name', '=', name)
    .where('manifests.subject', '=', subject)
    .where('manifests.deletion', 'is', null)
    .where((type) =>
      type.or([
        type('manifests.artifact_type', 'is', null),
        type('manifests.artifact_type', 'in', ['', NOTATION]),
        type('manifests.artifact_type', 'like', `${SIGSTORE}%`),
        type('manifests.artifact_type', 'like', `${COSIGN}%`),
      ]),
    )
    .orderBy('manifests.created_at', order)
    .orderBy('manifests.digest', order)
    .limit(limit)
    .execute()
  return rows.map(({ digest, artifact_type }) => ({ digest, artifactType: artifact_type ?? undefined }))
}
