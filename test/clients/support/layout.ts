import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { must } from './command.ts'

export const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly os: string; readonly architecture: string }
}

/** An OCI image layout on disk: the truth that a registry's answers are compared with. */
export interface Layout {
  readonly folder: string
  /** How skopeo, podman and buildah name it: `oci:FOLDER:v1`. */
  readonly reference: string
  readonly root: Descriptor
  /** Every blob and manifest in it, the root included. */
  readonly blobs: readonly Descriptor[]
  /** sha256 of each uncompressed layer of the first image. */
  readonly diffIds: readonly string[]
}

export interface Layer {
  /** Folder whose content is the layer. */
  readonly folder: string
  /** Arguments for tar: what to leave out, or only these paths. */
  readonly select?: readonly string[]
}

export interface Image {
  readonly architecture: string
  readonly layers: readonly Layer[]
}

/** A config says which layers an image unpacks to: it stays the same when a client compresses them anew. */
export const isConfig = (blob: Descriptor) => blob.mediaType === CONFIG

export const blobPath = (folder: string, digest: string) => join(folder, 'blobs', ...digest.split(':'))

/** One image, or an index of several, tagged `v1`. */
export async function writeLayout(folder: string, images: readonly Image[]): Promise<Layout> {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true })
  const written = []
  for (const image of images) written.push(await writeImage(folder, image))
  const manifests = written.map((one) => one.manifest)
  const [first] = written
  if (first === undefined) throw new Error('a layout needs an image')
  const single = written.length === 1
  const root = single
    ? first.manifest
    : await writeJson(folder, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests })
  const blobs = [...written.flatMap((one) => one.blobs), ...(single ? [] : [root])]
  const annotations = { 'org.opencontainers.image.ref.name': 'v1' }
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  await writeFile(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...root, annotations }] }),
  )
  return { folder, reference: `oci:${folder}:v1`, root, blobs: distinct(blobs), diffIds: first.diffIds }
}

async function writeImage(folder: string, { architecture, layers }: Image) {
  const packed = []
  for (const layer of layers) packed.push(await writeLayer(folder, layer))
  const descriptors = packed.map((one) => one.layer)
  const diffIds = packed.map((one) => one.diffId)
  const platform = { os: 'linux', architecture }
  const rootfs = { type: 'layers', diff_ids: diffIds }
  const config = await writeJson(folder, CONFIG, { ...platform, config: { Cmd: ['/bin/sh'] }, rootfs })
  const body = { schemaVersion: 2, mediaType: IMAGE, config, layers: descriptors }
  const manifest = { ...(await writeJson(folder, IMAGE, body)), platform }
  return { manifest, diffIds, blobs: [config, ...descriptors, manifest] }
}

async function writeLayer(folder: string, { folder: from, select }: Layer) {
  const tar = join(folder, 'layer.tar')
  const plain = ['--sort=name', '--mtime=@0', '--numeric-owner', '--owner=0', '--group=0', '--format=gnu']
  await must(['tar', '-C', from, ...plain, '-cf', tar, ...(select ?? ['.'])])
  const diffId = (await digestOfFile(tar)).digest
  await must(['gzip', '-n', '-1', '-f', tar])
  const { digest, size } = await digestOfFile(`${tar}.gz`)
  await rename(`${tar}.gz`, blobPath(folder, digest))
  return { layer: { mediaType: LAYER, digest, size }, diffId }
}

async function writeJson(folder: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  const digest = digestOf(bytes)
  await writeFile(blobPath(folder, digest), bytes)
  return { mediaType, digest, size: bytes.length }
}

export const digestOf = (bytes: Uint8Array | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export const digestOfFile = (path: string) => digestOfStream(createReadStream(path))

export async function digestOfStream(stream: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of stream) {
    hash.update(chunk)
    size += chunk.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

const distinct = (all: readonly Descriptor[]) => [...new Map(all.map((one) => [one.digest, one])).values()]
