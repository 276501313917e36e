// Pushes small images on many connections until the server dies under it; reports what the server had acknowledged.
import { createHash } from 'node:crypto'
import type { Connection } from './connection.ts'
import { awaitStart, pushBlob, withWorkers } from './push-blob.ts'
import { type Body, bodyMaker } from './random-body.ts'

export interface CrashInput {
  readonly port: number
  readonly repository: string
  readonly mediaType: string
  readonly concurrency: number
}

/** Something answered with 201: it must be there, with these bytes, for ever. */
export interface Acknowledged {
  readonly path: string
  readonly digest: string
}

const input: CrashInput = JSON.parse(process.argv[2] ?? '')
const make = bodyMaker(64 * 1024)
const acknowledged: Acknowledged[] = []

await awaitStart()
await withWorkers(input.port, input.concurrency, async (connection, worker) => {
  try {
    for (let step = 0; ; step++) await pushImage(connection, `w${worker}-${step}`)
  } catch {
    // The server is gone: what this worker had in hand was never acknowledged.
    connection.close()
  }
})
console.log(JSON.stringify(acknowledged))

async function pushImage(connection: Connection, tag: string): Promise<void> {
  const layer = make()
  await push(connection, layer)
  const text = manifestFor(layer, layer)
  const manifest = new TextEncoder().encode(text)
  const path = `/v2/${input.repository}/manifests/${tag}`
  const headers = { 'Content-Type': input.mediaType }
  const answer = await connection.ask({ method: 'PUT', path, headers, body: [manifest] })
  if (answer.status !== 201) throw new Error(`PUT ${path} answered ${answer.status}`)
  acknowledged.push({ path, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` })
}

async function push(connection: Connection, body: Body): Promise<void> {
  await pushBlob(connection, input.repository, body, 'chunked')
  acknowledged.push({ path: `/v2/${input.repository}/blobs/${body.digest}`, digest: body.digest })
}

function manifestFor(config: Body, layer: Body): string {
  const descriptor = (mediaType: string, body: Body) => ({ mediaType, digest: body.digest, size: body.size })
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: input.mediaType,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
  })
}
