import type { StoredUpload } from '../blob-store.ts'
import type { Bucket } from './bucket.ts'
import { abortMultipart, listMultiparts, listParts } from './multipart.ts'
import type { Names } from './names.ts'

/** What is on its way: multipart uploads, and side objects. A small upload is an object at its final key already. */
export async function* listStoredUploads(bucket: Bucket, names: Names): AsyncGenerator<StoredUpload> {
  const tails = await findTails(bucket, names)
  for await (const { startedAt, ...multipart } of listMultiparts(bucket, names.blobs)) {
    const id = names.idOf(multipart.key)
    let sizeBytes = 0
    let modifiedAt = startedAt
    for await (const part of listParts(bucket, multipart)) {
      sizeBytes += part.sizeBytes
      modifiedAt = later(modifiedAt, part.modifiedAt)
    }
    const tail = tails.get(id)
    tails.delete(id)
    yield {
      id,
      sizeBytes: Math.max(sizeBytes, tail?.sizeBytes ?? 0),
      modifiedAt: later(modifiedAt, tail?.modifiedAt ?? modifiedAt),
    }
  }
  yield* tails.values()
}

async function findTails(bucket: Bucket, names: Names): Promise<Map<string, StoredUpload>> {
  const found = new Map<string, StoredUpload>()
  for await (const { key, sizeBytes, modifiedAt } of bucket.list(names.uploads)) {
    const tail = names.parseTail(key)
    if (tail === undefined) continue
    const before = found.get(tail.id)
    found.set(tail.id, {
      id: tail.id,
      sizeBytes: Math.max(tail.offset + sizeBytes, before?.sizeBytes ?? 0),
      modifiedAt: later(modifiedAt, before?.modifiedAt ?? modifiedAt),
    })
  }
  return found
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b
}

/** Whatever is on its way to the final key of an upload; the object there stays. */
export async function removeOnTheWay(bucket: Bucket, names: Names, id: string): Promise<void> {
  const key = names.final(id)
  for await (const multipart of listMultiparts(bucket, key))
    if (multipart.key === key) await abortMultipart(bucket, multipart)
  for await (const tail of bucket.list(names.tails(id))) await bucket.delete(tail.key)
}
