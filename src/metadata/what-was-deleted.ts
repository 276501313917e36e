import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Executor } from './db.ts'
import { prepare } from './prepared.ts'

/** Something that is not there any more. */
export interface Deleted {
  readonly at: Date
  /** What the tag named, or the manifest itself. */
  readonly digest: Digest
  /** `there`: only the tag went. `gone`: nothing can bring it back. */
  readonly manifest: 'there' | 'deleted' | 'gone'
  /** The deletion that took the manifest, while it is `deleted`. */
  readonly deletion: number | undefined
  readonly restorableUntil: Date | undefined
}

interface DeletedRow {
  at: number
  digest: Digest
  stored: Digest | null
  deletion: number | null
  purge_at: number | null
}

const lastOfTag = prepare<{ name: RepositoryName; tag: Tag }, DeletedRow & { named: Digest | null }>((db, parameter) =>
  db
    .selectFrom('repositories')
    .innerJoin('tag_events', 'tag_events.repository_id', 'repositories.id')
    .leftJoin('manifests', (join) =>
      join
        .onRef('manifests.repository_id', '=', 'tag_events.repository_id')
        .onRef('manifests.digest', '=', 'tag_events.previous'),
    )
    .leftJoin('deletions', 'deletions.id', 'manifests.deletion')
    .select(['tag_events.at', 'tag_events.digest as named', 'manifests.digest as stored'])
    .select(({ ref }) => ref('tag_events.previous').$castTo<Digest>().as('digest'))
    .select(['manifests.deletion', 'deletions.purge_at'])
    .where('repositories.name', '=', parameter('name'))
    .where('tag_events.tag', '=', parameter('tag'))
    .orderBy('tag_events.at', 'desc')
    .limit(1),
)

const binned = prepare<{ name: RepositoryName; digest: Digest }, DeletedRow>((db, parameter) =>
  db
    .selectFrom('repositories')
    .innerJoin('manifests', 'manifests.repository_id', 'repositories.id')
    .innerJoin('deletions', 'deletions.id', 'manifests.deletion')
    .select(['deletions.deleted_at as at', 'manifests.digest', 'manifests.digest as stored'])
    .select(['manifests.deletion', 'deletions.purge_at'])
    .where('repositories.name', '=', parameter('name'))
    .where('manifests.digest', '=', parameter('digest')),
)

/** How a tag went that is not there; undefined: it never was, or nobody remembers. */
export async function findDeletedTag(executor: Executor, name: RepositoryName, tag: Tag): Promise<Deleted | undefined> {
  const [row] = await lastOfTag(executor, { name, tag })
  return row === undefined || row.named !== null || row.digest === null ? undefined : toDeleted(row)
}

/** A manifest in the recycle bin. */
export async function findDeletedManifest(
  executor: Executor,
  name: RepositoryName,
  digest: Digest,
): Promise<Deleted | undefined> {
  const [row] = await binned(executor, { name, digest })
  return row && toDeleted(row)
}

function toDeleted({ at, digest, stored, deletion, purge_at }: DeletedRow): Deleted {
  return {
    at: new Date(at),
    digest,
    manifest: stored === null ? 'gone' : deletion === null ? 'there' : 'deleted',
    deletion: deletion ?? undefined,
    restorableUntil: purge_at === null ? undefined : new Date(purge_at),
  }
}
