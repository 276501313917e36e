import type { Digest } from '../oci/digest.ts'
import type { Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'

interface Place {
  readonly repository: RepositoryId
  readonly digest: Digest
}

const insert = prepare<Place & { now: number; reviewAt: number }, { digest: Digest }>((db, parameter) =>
  db
    .insertInto('repository_blobs')
    .values({
      repository_id: parameter('repository'),
      digest: parameter('digest'),
      touched_at: parameter('now'),
      review_at: parameter('reviewAt'),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('digest'),
)

const touch = prepare<Place & { now: number }, { digest: Digest }>((db, parameter) =>
  db
    .updateTable('repository_blobs')
    .set({ touched_at: parameter('now') })
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .returning('digest'),
)

const remove = prepare<Place, { digest: Digest }>((db, parameter) =>
  db
    .deleteFrom('repository_blobs')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .returning('digest'),
)

const addHolder = prepare<{ digest: Digest }, { holders: number; size: number }>((db, parameter) =>
  db
    .updateTable('blobs')
    .set(({ eb }) => ({ holders: eb('holders', '+', 1) }))
    .where('digest', '=', parameter('digest'))
    .returning(['holders', 'size']),
)

const dropHolder = prepare<{ digest: Digest; now: number }, { holders: number; size: number }>((db, parameter) =>
  db
    .updateTable('blobs')
    .set(({ eb }) => ({ holders: eb('holders', '-', 1), review_at: parameter('now') }))
    .where('digest', '=', parameter('digest'))
    .returning(['holders', 'size']),
)

const count = prepare<{ repository: RepositoryId; bytes: number; unique: number }, never>((db, parameter) =>
  db
    .updateTable('repositories')
    .set(({ eb }) => ({
      bytes: eb('bytes', '+', parameter('bytes')),
      unique_bytes: eb('unique_bytes', '+', parameter('unique')),
    }))
    .where('id', '=', parameter('repository')),
)

const otherHolder = prepare<Place, { repository_id: number }>((db, parameter) =>
  db
    .selectFrom('repository_blobs')
    .select('repository_id')
    .where('digest', '=', parameter('digest'))
    .where('repository_id', '!=', parameter('repository'))
    .limit(1),
)

const isLinked = prepare<Place, { digest: Digest }>((db, parameter) =>
  db
    .selectFrom('repository_blobs')
    .select('digest')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest')),
)

/** Whether a repository holds a blob, sound or not. */
export async function holdsBlob(tx: Transaction, repository: RepositoryId, digest: Digest): Promise<boolean> {
  return (await isLinked(tx, { repository, digest })).length > 0
}

export interface NewLink extends Place {
  readonly now: Date
  /** For how long it stays without a manifest. */
  readonly leaseMs: number
}

/** Gives a repository a stored blob, or renews its lease there. Returns whether the repository did not hold it. */
export async function linkBlob(tx: Transaction, { repository, digest, now, leaseMs }: NewLink): Promise<boolean> {
  const at = now.getTime()
  const added = await insert(tx, { repository, digest, now: at, reviewAt: at + leaseMs })
  if (added.length === 0) {
    await touch(tx, { repository, digest, now: at })
    return false
  }
  const [blob] = await addHolder(tx, { digest })
  if (blob === undefined) throw new Error(`${digest} was linked before it was stored`)
  const isOnly = blob.holders === 1
  await count(tx, { repository, bytes: blob.size, unique: isOnly ? blob.size : 0 })
  if (blob.holders === 2) await shiftUnique(tx, { repository, digest }, -blob.size)
  return true
}

/** Renews the lease of a blob; false when the repository does not hold it any more. */
export async function touchLink(tx: Transaction, place: Place, now: Date): Promise<boolean> {
  return (await touch(tx, { ...place, now: now.getTime() })).length > 0
}

/** Takes a blob from a repository; the collector looks whether anything else needs it. Returns its bytes, undefined: it was not there. */
export async function unlinkBlob(tx: Transaction, place: Place, now: Date): Promise<number | undefined> {
  const removed = await remove(tx, place)
  if (removed.length === 0) return undefined
  const [blob] = await dropHolder(tx, { digest: place.digest, now: now.getTime() })
  if (blob === undefined) throw new Error(`${place.digest} was held without being stored`)
  const { repository } = place
  await count(tx, { repository, bytes: -blob.size, unique: blob.holders === 0 ? -blob.size : 0 })
  if (blob.holders === 1) await shiftUnique(tx, place, blob.size)
  return blob.size
}

/** What one repository alone holds changes when a second one comes or goes. */
async function shiftUnique(tx: Transaction, place: Place, bytes: number): Promise<void> {
  const [other] = await otherHolder(tx, place)
  if (other !== undefined) await count(tx, { repository: other.repository_id, bytes: 0, unique: bytes })
}
