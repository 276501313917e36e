// Pulls a whole image again and again, three blobs at a time, as docker does; the bytes are counted and dropped.
import { awaitStart, withWorkers } from './push-blob.ts'

export interface PullInput {
  readonly port: number
  readonly manifestPath: string
  readonly mediaType: string
  readonly blobs: readonly { readonly path: string; readonly size: number }[]
  readonly seconds: number
}

export interface PullOutcome {
  readonly images: number
  readonly bytes: number
  readonly seconds: number
}

const input: PullInput = JSON.parse(process.argv[2] ?? '')
let images = 0
let bytes = 0

await awaitStart()
const startedAt = performance.now()
while (performance.now() < startedAt + input.seconds * 1000) {
  await pullImage()
  images++
}
const outcome: PullOutcome = { images, bytes, seconds: (performance.now() - startedAt) / 1000 }
console.log(JSON.stringify(outcome))

async function pullImage(): Promise<void> {
  const left = [...input.blobs]
  const headers = { Accept: input.mediaType }
  await withWorkers(input.port, 3, async (connection, worker) => {
    if (worker === 0) await connection.ask({ method: 'GET', path: input.manifestPath, headers })
    for (let blob = left.shift(); blob !== undefined; blob = left.shift()) {
      const answer = await connection.ask({ method: 'GET', path: blob.path })
      if (answer.status !== 200 || answer.bodyBytes !== blob.size) {
        throw new Error(`GET ${blob.path} answered ${answer.status} with ${answer.bodyBytes} bytes`)
      }
      bytes += answer.bodyBytes
    }
  })
}
