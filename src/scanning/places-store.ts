import type { Executor } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'

/** A repository that has an image. */
export interface Place {
  readonly repository: RepositoryName
  readonly repositoryId: RepositoryId
}

const places = prepare<{ digest: Digest; limit: number }, Place>((db, parameter) =>
  db
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['repositories.name as repository', 'repositories.id as repositoryId'])
    .where('manifests.digest', '=', parameter('digest'))
    .where('manifests.deletion', 'is', null)
    .where('repositories.deleted_at', 'is', null)
    .limit(parameter('limit')),
)

/** Repositories where the image is visible, in no order. */
export function findPlaces(executor: Executor, digest: Digest, limit: number): Promise<Place[]> {
  return places(executor, { digest, limit })
}
