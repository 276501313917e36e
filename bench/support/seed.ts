import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ANY_CERTIFICATE } from './certificate.ts'
import { type BlobFile, type Image, imageBlobs, MANIFEST_TYPE, REPOSITORY } from './data-set.ts'

export type Headers = Readonly<Record<string, string>>

/** Lays blobs down as docker-registry stores them, by hard links: the same bytes on the same disk, in no time. */
export function layPeerBlobs(storeDir: string, blobs: readonly BlobFile[], repository = REPOSITORY): void {
  const root = join(storeDir, 'docker/registry/v2')
  for (const blob of blobs) {
    const hex = blob.digest.slice('sha256:'.length)
    const dataDir = join(root, 'blobs/sha256', hex.slice(0, 2), hex)
    const linkDir = join(root, 'repositories', repository, '_layers/sha256', hex)
    mkdirSync(dataDir, { recursive: true })
    mkdirSync(linkDir, { recursive: true })
    linkSync(blob.path, join(dataDir, 'data'))
    writeFileSync(join(linkDir, 'link'), blob.digest)
  }
}

/** Pushes blobs the ordinary way, sixteen at a time. */
export async function pushBlobs(
  url: string,
  blobs: readonly BlobFile[],
  headers: Headers = {},
  repository = REPOSITORY,
): Promise<void> {
  const left = [...blobs]
  const worker = async () => {
    for (let blob = left.pop(); blob !== undefined; blob = left.pop())
      await pushBlob(`${url}/v2/${repository}`, blob, headers)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

async function pushBlob(base: string, blob: BlobFile, headers: Headers): Promise<void> {
  const opened = await fetch(`${base}/blobs/uploads/`, { method: 'POST', headers })
  await expectStatus(opened, 202, 'opening an upload')
  const location = new URL(opened.headers.get('location') ?? '', base)
  location.searchParams.set('digest', blob.digest)
  const body = Bun.file(blob.path)
  const type = { 'content-type': 'application/octet-stream' }
  const stored = await fetch(location, { method: 'PUT', headers: { ...headers, ...type }, body })
  await expectStatus(stored, 201, `pushing a blob of ${blob.label}`)
}

export async function pushManifest(url: string, image: Image, tag: string, headers: Headers = {}): Promise<void> {
  await putManifest(
    url,
    { repository: REPOSITORY, reference: tag, type: MANIFEST_TYPE, bytes: image.manifest },
    headers,
  )
}

/** A manifest or an index, and the name that it gets. */
export interface Document {
  readonly repository: string
  /** A tag or a digest. */
  readonly reference: string
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

export async function putManifest(
  url: string,
  { repository, reference, type, bytes }: Document,
  headers: Headers = {},
): Promise<void> {
  const stored = await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': type },
    body: bytes,
  })
  await expectStatus(stored, 201, 'pushing a manifest')
}

export async function pushImage(url: string, image: Image, headers: Headers = {}): Promise<void> {
  await pushBlobs(url, imageBlobs(image), headers)
  await pushManifest(url, image, 't1', headers)
}

/** Fetches once, outside any timed section, and compares the bytes' digest. */
export async function verifyBody(url: string, digest: string, headers: Headers = {}): Promise<void> {
  const response = await fetch(url, { ...ANY_CERTIFICATE, headers })
  const hash = new Bun.CryptoHasher('sha256')
  for await (const chunk of response.body ?? []) hash.update(chunk)
  const found = `sha256:${hash.digest('hex')}`
  if (response.status !== 200 || found !== digest) {
    throw new Error(`${url} answered ${response.status} with ${found}, expected ${digest}`)
  }
}

async function expectStatus(response: Response, status: number, doing: string): Promise<void> {
  const text = await response.text()
  if (response.status !== status) throw new Error(`${doing}: ${response.url} answered ${response.status}: ${text}`)
}
