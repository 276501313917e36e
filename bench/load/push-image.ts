// Pushes one fresh image as docker does (HEAD, POST, PATCH of unknown length, PUT for each blob) or as containerd does
// (HEAD, POST, PUT with the bytes), some blobs at a time, then its manifest.
import { randomBytes } from 'node:crypto'
import { MANIFEST_TYPE } from '../support/data-set.ts'
import type { Connection } from './connection.ts'
import { awaitStart, locationOf, withWorkers } from './push-blob.ts'
import { type Body, bodyMaker, bodyOf } from './random-body.ts'

export interface PushImageInput {
  readonly port: number
  readonly repository: string
  readonly tag: string
  readonly layers: number
  readonly layerBytes: number
  readonly client: 'docker' | 'containerd'
  readonly concurrency: number
}

export interface PushImageOutcome {
  readonly seconds: number
  readonly manifest: string
  readonly blobs: readonly { readonly digest: string; readonly size: number }[]
}

const BYTES = { 'Content-Type': 'application/octet-stream' }
/** As the Go clients send them. */
const FRAME_BYTES = 32 * 1024
const NEWLINE = new TextEncoder().encode('\r\n')
const CONFIG_BYTES = 4096

const input: PushImageInput = JSON.parse(process.argv[2] ?? '')
const make = bodyMaker(input.layerBytes)
const layers = Array.from({ length: input.layers }, make)
const config = bodyOf(
  JSON.stringify({ architecture: 'amd64', os: 'linux', nonce: randomBytes(CONFIG_BYTES / 2).toString('hex') }),
)
const manifest = bodyOf(manifestText())
const framed = new Map([config, ...layers].map((body) => [body, input.client === 'docker' ? framesOf(body) : []]))

await awaitStart()
const startedAt = performance.now()
const left = [...layers]
await withWorkers(input.port, input.concurrency, async (connection, worker) => {
  for (let body = left.pop(); body !== undefined; body = left.pop()) await pushBlob(connection, body)
  if (worker === 0) await pushBlob(connection, config)
})
await withWorkers(input.port, 1, async (connection) => {
  const path = `/v2/${input.repository}/manifests/${input.tag}`
  const stored = await connection.ask({
    method: 'PUT',
    path,
    headers: { 'Content-Type': MANIFEST_TYPE },
    body: manifest.pieces,
  })
  if (stored.status !== 201) throw new Error(`PUT ${path} answered ${stored.status}`)
})
const outcome: PushImageOutcome = {
  seconds: (performance.now() - startedAt) / 1000,
  manifest: manifest.digest,
  blobs: [config, ...layers].map(({ digest, size }) => ({ digest, size })),
}
console.log(JSON.stringify(outcome))

async function pushBlob(connection: Connection, body: Body): Promise<void> {
  const blob = `/v2/${input.repository}/blobs/${body.digest}`
  const asked = await connection.ask({ method: 'HEAD', path: blob })
  if (asked.status !== 404) throw new Error(`HEAD ${blob} answered ${asked.status}`)
  let location = locationOf(
    await connection.ask({ method: 'POST', path: `/v2/${input.repository}/blobs/uploads/` }),
    202,
  )
  if (input.client === 'docker') {
    const headers = { ...BYTES, 'Transfer-Encoding': 'chunked' }
    const patched = await connection.ask({ method: 'PATCH', path: location, headers, body: framed.get(body) ?? [] })
    location = locationOf(patched, 202)
  }
  const path = `${location}${location.includes('?') ? '&' : '?'}digest=${body.digest}`
  const last = input.client === 'docker' ? [] : body.pieces
  const stored = await connection.ask({ method: 'PUT', path, headers: BYTES, body: last })
  if (stored.status !== 201) throw new Error(`PUT ${path} answered ${stored.status}`)
}

function framesOf({ pieces }: Body): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += FRAME_BYTES) {
      const part = piece.subarray(at, at + FRAME_BYTES)
      frames.push(new TextEncoder().encode(`${part.length.toString(16)}\r\n`), part, NEWLINE)
    }
  }
  frames.push(new TextEncoder().encode('0\r\n\r\n'))
  return [Buffer.concat(frames)]
}

function manifestText(): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
    })),
  })
}
