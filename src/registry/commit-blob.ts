import type { Actor } from '../lib/actor.ts'
import { holdsBlob, linkBlob } from '../metadata/blob-links.ts'
import { addBlob, type BlobRecord, findStoredBlob, type NewBlob, replaceBlob } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { ensureRepository } from '../metadata/repositories.ts'
import { addTrash } from '../metadata/trash.ts'
import { finishNewUpload, moveUpload, type UploadIdentity } from '../metadata/uploads.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Registry } from './registry.ts'
import { unknownUpload } from './upload-blob.ts'

/** An upload whose bytes are what they should be. */
export interface FinishedUpload {
  readonly upload: UploadIdentity
  readonly blob: NewBlob
  readonly actor: Actor
  /** Nobody has taken it: it is open still, and of this process alone. */
  readonly isNew: boolean
}

/**
 * The object first, its row second: a crash in between leaves an object that nobody sees. Returns false when the same
 * content was stored already, so that our copy is not needed.
 */
export async function commitBlob(registry: Registry, finished: FinishedUpload): Promise<boolean> {
  const { upload, blob } = finished
  const existing = await findStoredBlob(registry.database.reader, blob.digest)
  if (existing !== undefined && (await hasBytes(registry, existing))) {
    const reused = await registry.database.write(
      (tx) => enter(registry, tx, { ...finished, reuse: existing }),
      upload.repository,
    )
    // The collector took it between the two: ours is needed after all.
    if (reused) return false
  }
  if (blob.storageKey !== undefined) await registry.blobs.uploads.commit(upload.id, blob.storageKey)
  return registry.database.write((tx) => enter(registry, tx, { ...finished, damaged: existing }), upload.repository)
}

interface Entry extends FinishedUpload {
  /** What is stored already, and is to be used instead of our copy. */
  readonly reuse?: BlobRecord
  /** What is stored and is no good. */
  readonly damaged?: BlobRecord | undefined
}

/** The rows of a finished upload. Returns whether our copy is used; with `reuse` whether that could be. */
async function enter(registry: Registry, tx: Transaction, entry: Entry): Promise<boolean> {
  const { upload, blob, actor, isNew: isNewUpload, reuse, damaged } = entry
  const { repository } = upload
  const { digest, sizeBytes } = blob
  const now = registry.clock.now()
  if (reuse !== undefined && !(await isStillStored(tx, reuse))) return false
  const { id: repositoryId, isNew: createsRepository } = await ensureRepository(tx, repository, now)
  const isNew = !(await holdsBlob(tx, repositoryId, digest))
  const operation: Operation = {
    ...{ type: 'push-blob', uploadId: upload.id },
    ...{ repository, repositoryId, actor, digest, sizeBytes, isNew, createsRepository },
  }
  await checkGuards(registry.guards, operation, tx)
  const used = reuse !== undefined || (await store(tx, blob, { damaged, now }))
  await linkBlob(tx, { repository: repositoryId, digest, now, leaseMs: registry.keeping.leaseMs })
  const hold = { writer: registry.instance, digest, now }
  const done = isNewUpload
    ? await finishNewUpload(tx, upload, hold)
    : await moveUpload(tx, upload.id, { ...hold, from: 'finalising', to: 'done' })
  if (!done) throw unknownUpload()
  await recordOperation(registry, operation, tx)
  return used
}

async function isStillStored(tx: Transaction, blob: BlobRecord): Promise<boolean> {
  const now = await findStoredBlob(tx, blob.digest)
  return now !== undefined && now.storageKey === blob.storageKey && !now.damaged
}

async function hasBytes(registry: Registry, { storageKey, sizeBytes, damaged }: BlobRecord): Promise<boolean> {
  if (damaged) return false
  if (storageKey === undefined) return true
  const found = await registry.blobs.stat(storageKey)
  return found?.sizeBytes === sizeBytes
}

/** Returns false when another upload of the same content was quicker. A damaged object is replaced by ours. */
async function store(
  tx: Transaction,
  blob: NewBlob,
  { damaged, now }: { damaged: BlobRecord | undefined; now: Date },
): Promise<boolean> {
  if (await addBlob(tx, blob, now)) return true
  const existing = await findStoredBlob(tx, blob.digest)
  if (damaged === undefined || existing?.storageKey !== damaged.storageKey) return false
  await replaceBlob(tx, blob)
  if (existing?.storageKey !== undefined)
    await addTrash(tx, { storageKey: existing.storageKey, sizeBytes: existing.sizeBytes, deleteAfter: now })
  return true
}
