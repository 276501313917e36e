import type { Semaphore } from '../../lib/semaphore.ts'
import type { Content } from '../blob-store.ts'
import type { Bucket } from './bucket.ts'
import { abortMultipart, completeMultipart, uploadPart } from './multipart.ts'
import { partsBytes } from './upload-state.ts'
import { PartWriter } from './part-writer.ts'

/** Stores a whole object; when it fails nothing is there. Returns its size. */
export async function putObject(
  to: { bucket: Bucket; key: string; lanes: Semaphore },
  content: Content,
): Promise<number> {
  const { bucket, key } = to
  const writer = new PartWriter(to)
  try {
    for await (const piece of content.stream()) await writer.add(piece)
    const { multipart, parts, rest } = await writer.finish()
    if (multipart === undefined) {
      await bucket.put(key, rest)
      return rest.byteLength
    }
    parts.push(await uploadPart(bucket, multipart, parts.length + 1, rest))
    await completeMultipart(bucket, multipart, parts)
    return partsBytes({ parts })
  } catch (error) {
    await removeRemains(bucket, key, writer).catch(() => undefined)
    throw error
  }
}

async function removeRemains(bucket: Bucket, key: string, writer: PartWriter): Promise<void> {
  await writer.settle()
  const multipart = await writer.multipart()
  if (multipart !== undefined) await abortMultipart(bucket, multipart)
  // The answer may have been lost of a request that did its work.
  await bucket.delete(key)
}
