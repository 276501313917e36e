import { withWorkers } from './push-blob.ts'

const BLOBS_AT_ONCE = 3

export interface WholeImage {
  readonly port: number
  readonly manifestPath: string
  readonly mediaType: string
  readonly blobs: readonly { readonly path: string; readonly size: number }[]
}

/** One client's pull, over connections of its own, as docker does; the bytes are counted and dropped. Returns how many. */
export async function pullWholeImage({ port, manifestPath, mediaType, blobs }: WholeImage): Promise<number> {
  const left = [...blobs]
  let bytes = 0
  await withWorkers(port, BLOBS_AT_ONCE, async (connection, worker) => {
    const headers = { Accept: mediaType }
    if (worker === 0) await connection.ask({ method: 'GET', path: manifestPath, headers })
    for (let blob = left.shift(); blob !== undefined; blob = left.shift()) {
      const answer = await connection.ask({ method: 'GET', path: blob.path })
      if (answer.status !== 200 || answer.bodyBytes !== blob.size) {
        throw new Error(`GET ${blob.path} answered ${answer.status} with ${answer.bodyBytes} bytes`)
      }
      bytes += answer.bodyBytes
    }
  })
  return bytes
}
