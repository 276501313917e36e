import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import { TRUST_KINDS, type TrustAnchor, type TrustKind } from '../trust/signature.ts'

export interface StoredAnchor extends TrustAnchor {
  readonly id: number
  readonly createdAt: Date
}

interface AnchorRow {
  id: number
  name: string
  kind: string
  body: string
  created_at: number
}

const anchorsOf = prepare<{ project: number }, AnchorRow>((db, parameter) =>
  db
    .selectFrom('trust_anchors')
    .select(['id', 'name', 'kind', 'body', 'created_at'])
    .where('project_id', '=', parameter('project'))
    .orderBy('name'),
)

/** By name. */
export async function listAnchors(executor: Executor, projectId: number): Promise<StoredAnchor[]> {
  const rows = await anchorsOf(executor, { project: projectId })
  return rows.flatMap(({ id, name, kind, body, created_at }) =>
    // Of a kind that only a newer version knows: it trusts nobody here.
    isTrustKind(kind) ? [{ id, name, kind, body: JSON.parse(body), createdAt: new Date(created_at) }] : [],
  )
}

function isTrustKind(kind: string): kind is TrustKind {
  return TRUST_KINDS.some((each) => each === kind)
}

export interface NewAnchor extends TrustAnchor {
  readonly projectId: number
  /** Id of an actor. */
  readonly createdBy: string
  readonly createdAt: Date
}

export async function insertAnchor(tx: Transaction, anchor: NewAnchor): Promise<number> {
  const { id } = await tx.db
    .insertInto('trust_anchors')
    .values({
      project_id: anchor.projectId,
      name: anchor.name,
      kind: anchor.kind,
      body: JSON.stringify(anchor.body),
      created_by: anchor.createdBy,
      created_at: anchor.createdAt.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Returns whether it was there. */
export async function deleteAnchor(tx: Transaction, projectId: number, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('trust_anchors')
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

export interface ManifestSpot {
  readonly repositoryId: RepositoryId
  readonly digest: Digest
}

/** What is remembered of the signatures of a manifest. */
export interface StoredResult {
  readonly revision: string
  /** Empty: somebody is verifying them. */
  readonly content: string
  readonly validUntil: Date | undefined
  readonly checkedAt: Date
}

const resultOf = prepare<
  { repository: RepositoryId; digest: Digest },
  { revision: string; content: string; valid_until: number | null; checked_at: number }
>((db, parameter) =>
  db
    .selectFrom('signature_results')
    .select(['revision', 'content', 'valid_until', 'checked_at'])
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

export async function findResult(
  executor: Executor,
  { repositoryId, digest }: ManifestSpot,
): Promise<StoredResult | undefined> {
  const [row] = await resultOf(executor, { repository: repositoryId, digest })
  if (row === undefined) return undefined
  const { revision, content, valid_until, checked_at } = row
  const validUntil = valid_until === null ? undefined : new Date(valid_until)
  return { revision, content, validUntil, checkedAt: new Date(checked_at) }
}

/** Says that they are being verified, under a revision that nobody else has, instead of what was remembered. */
export async function claimResult(
  tx: Transaction,
  { repositoryId, digest }: ManifestSpot,
  { revision, now }: { readonly revision: string; readonly now: Date },
): Promise<void> {
  await tx.db
    .insertInto('signature_results')
    .values({
      repository_id: repositoryId,
      digest,
      revision,
      content: '',
      valid_until: null,
      checked_at: now.getTime(),
    })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'digest']).doUpdateSet((update) => ({
        revision: update.ref('excluded.revision'),
        content: update.ref('excluded.content'),
        valid_until: update.ref('excluded.valid_until'),
        checked_at: update.ref('excluded.checked_at'),
      })),
    )
    .execute()
}

/** Remembers what was found, unless a signature came or went since it was claimed. */
export async function keepResult(
  tx: Transaction,
  { repositoryId, digest }: ManifestSpot,
  { claim, ...result }: StoredResult & { readonly claim: string },
): Promise<void> {
  await tx.db
    .updateTable('signature_results')
    .set({
      revision: result.revision,
      content: result.content,
      valid_until: result.validUntil?.getTime() ?? null,
      checked_at: result.checkedAt.getTime(),
    })
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .where('revision', '=', claim)
    .execute()
}

export async function forgetResults(
  tx: Transaction,
  repositoryId: RepositoryId,
  digests: readonly Digest[],
): Promise<void> {
  await tx.db
    .deleteFrom('signature_results')
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .execute()
}

export async function forgetRepository(tx: Transaction, repositoryId: RepositoryId): Promise<void> {
  await tx.db.deleteFrom('signature_results').where('repository_id', '=', repositoryId).execute()
}
