import { createHash } from 'node:crypto'
import { MANIFEST_TYPE } from './data-set.ts'
import type { Server } from './server.ts'

const WORKERS = 16
const LAYER_BYTES = 64 * 1024

/** A repository of so many tags, each of another image. */
export interface ManyTags {
  readonly repository: string
  readonly count: number
  readonly config: Uint8Array<ArrayBuffer>
  readonly layer: Uint8Array<ArrayBuffer>
}

export function makeManyTags(repository: string, count: number): ManyTags {
  const config = new Uint8Array(new TextEncoder().encode(JSON.stringify({ architecture: 'amd64', os: 'linux' })))
  return { repository, count, config, layer: crypto.getRandomValues(new Uint8Array(LAYER_BYTES)) }
}

/** The same at each server that it is pushed to. */
export async function pushManyTags({ url }: Server, tags: ManyTags): Promise<void> {
  const base = `${url}/v2/${tags.repository}`
  for (const blob of [tags.config, tags.layer]) {
    const opened = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
    const location = new URL(opened.headers.get('location') ?? '', url)
    location.searchParams.set('digest', digestOf(blob))
    const headers = { 'content-type': 'application/octet-stream' }
    await expectCreated(await fetch(location, { method: 'PUT', headers, body: blob }))
  }
  let next = 0
  const worker = async () => {
    for (let n = next++; n < tags.count; n = next++) {
      const headers = { 'content-type': MANIFEST_TYPE }
      const body = manifestOf(tags, n)
      await expectCreated(await fetch(`${base}/manifests/v${n}`, { method: 'PUT', headers, body }))
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, worker))
}

function manifestOf({ config, layer }: ManyTags, n: number): string {
  const described = (mediaType: string, blob: Uint8Array) => ({
    mediaType,
    digest: digestOf(blob),
    size: blob.byteLength,
  })
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: described('application/vnd.oci.image.config.v1+json', config),
    layers: [described('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
    annotations: { n: String(n) },
  })
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

async function expectCreated(answer: Response): Promise<void> {
  const text = await answer.text()
  if (answer.status !== 201) throw new Error(`${answer.url} answered ${answer.status}: ${text}`)
}
