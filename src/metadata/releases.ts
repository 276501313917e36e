import type { Digest } from '../oci/digest.ts'
import type { Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'

interface Released {
  readonly repositoryId: RepositoryId
  readonly digest: Digest
  readonly now: Date
  /** When the collector looks whether anything else names it. */
  readonly reviewAt: Date
  /** Since when it has no name in truth; undefined: now. */
  readonly namedUntil?: Date | undefined
}

type Row = { repository: RepositoryId; digest: Digest; now: number; reviewAt: number }

const release = prepare<Row, never>((db, parameter) =>
  db
    .updateTable('manifests')
    .set({ released_at: parameter('now'), review_at: parameter('reviewAt') })
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .where('deletion', 'is', null),
)

const releaseChildren = prepare<Row, never>((db, parameter) =>
  db
    .updateTable('manifests')
    .set({ released_at: parameter('now'), review_at: parameter('reviewAt') })
    .where('repository_id', '=', parameter('repository'))
    .where('deletion', 'is', null)
    .where('digest', 'in', (query) =>
      query
        .selectFrom('manifest_children')
        .select('child')
        .where('repository_id', '=', parameter('repository'))
        .where('parent', '=', parameter('digest')),
    ),
)

const releaseReferrers = prepare<Row, never>((db, parameter) =>
  db
    .updateTable('manifests')
    .set({ released_at: parameter('now'), review_at: parameter('reviewAt') })
    .where('repository_id', '=', parameter('repository'))
    .where('subject', '=', parameter('digest'))
    .where('deletion', 'is', null),
)

const reviewBlobs = prepare<{ repository: RepositoryId; digest: Digest; now: number }, never>((db, parameter) =>
  db
    .updateTable('repository_blobs')
    .set({ review_at: parameter('now') })
    .where('repository_id', '=', parameter('repository'))
    .where('digest', 'in', (query) =>
      query
        .selectFrom('manifest_blobs')
        .select('digest')
        .where('repository_id', '=', parameter('repository'))
        .where('manifest', '=', parameter('digest'))
        .union(
          query
            .selectFrom('manifest_children')
            .select('child as digest')
            .where('repository_id', '=', parameter('repository'))
            .where('parent', '=', parameter('digest')),
        ),
    ),
)

/** Something that named a manifest does so no more. */
export async function releaseManifest(
  tx: Transaction,
  { repositoryId, digest, now, reviewAt }: Released,
): Promise<void> {
  await release(tx, { repository: repositoryId, digest, now: now.getTime(), reviewAt: reviewAt.getTime() })
}

/** A manifest names its children, its referrers and its blobs no more. */
export async function releaseContentOf(
  tx: Transaction,
  { repositoryId, digest, now, reviewAt, namedUntil = now }: Released,
): Promise<void> {
  const row = { repository: repositoryId, digest, now: namedUntil.getTime(), reviewAt: reviewAt.getTime() }
  await releaseChildren(tx, row)
  await releaseReferrers(tx, row)
  await reviewBlobs(tx, { repository: repositoryId, digest, now: now.getTime() })
}
