import { createHasher } from '../lib/hasher.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, parseDigest } from '../oci/digest.ts'
import { type MediaType, OCI_MANIFEST } from '../oci/media-type.ts'
import { isObject, parseStrictJson } from '../oci/strict-json.ts'
import type { FetchedManifest } from '../registry/image-source.ts'
import { ImageFilesError, type ReadableFile, type ReadableFiles } from '../storage/image-files/readable-files.ts'
import { type FileImage, type FileImages, imagesNamed, listsOf } from './file-images.ts'
import { parseFileImageName } from './image-name.ts'
import { readJson, readSmall } from './layout-index.ts'

export const DOCKER_LIST = 'manifest.json'
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar'
/** As old dockers say that there is none. */
const NO_NAME = '<none>:<none>'
const MAX_CONFIG_BYTES = 16 * 1024 * 1024

/**
 * What `docker save` wrote before version 25, and others write still: a list, configs, and the layers' own tars. Such an
 * archive has no manifests, so each image gets one that says the same. Layers are stored as they lie in the archive,
 * which mostly is uncompressed: so their digests are those in the config. @throws ImageFilesError
 */
export async function openDockerArchive(files: ReadableFiles): Promise<FileImages> {
  const contents = new Map<Digest, ReadableFile>()
  const manifests = new Map<Digest, FetchedManifest>()
  const images: FileImage[] = []
  const hashed = new Map<string, Promise<Descriptor>>()
  for (const entry of await readList(files)) {
    const manifest = await manifestOf(files, entry, { contents, hashed })
    manifests.set(manifest.digest, manifest)
    images.push(...imagesCalled(entry.names, manifest.digest))
  }
  const find = (name: string, reference: string) =>
    manifests.get(imagesNamed(images, name, reference)[0]?.digest ?? (reference as Digest))
  return {
    label: files.path,
    images,
    ...listsOf(images),
    resolve: async (name, reference) => {
      const found = find(name, reference)
      return found && { digest: found.digest, mediaType: found.mediaType, sizeBytes: found.content.byteLength }
    },
    manifest: async (name, reference) => find(name, reference),
    blob: async (_name, digest, { offset = 0 } = {}) => {
      const file = contents.get(digest)
      return file && { sizeBytes: file.sizeBytes, body: file.stream(offset) }
    },
    referrers: async () => [],
    close: () => files.close(),
  }
}

/** Good names first. */
function imagesCalled(names: readonly string[], digest: Digest): FileImage[] {
  const read = names.filter((text) => text !== NO_NAME).map((text) => ({ text, named: parseFileImageName(text) }))
  const good = read.flatMap(({ named }) => (named === undefined ? [] : [{ named, digest }]))
  const bad = read
    .filter(({ named }) => named === undefined)
    .map(({ text }) => ({ named: undefined, misnamed: text, digest }))
  return good.length + bad.length === 0 ? [{ named: undefined, digest }] : [...good, ...bad]
}

interface ListedImage {
  readonly config: string
  readonly layers: readonly string[]
  readonly names: readonly string[]
}

async function readList(files: ReadableFiles): Promise<ListedImage[]> {
  const list = await readJson(files, DOCKER_LIST)
  if (!Array.isArray(list)) throw new ImageFilesError(files.path, `its ${DOCKER_LIST} is no list of images`)
  return list.map((entry: unknown) => {
    const { Config: config, Layers: layers, RepoTags: names } = isObject(entry) ? entry : {}
    if (typeof config !== 'string' || !isTexts(layers) || !(names === null || names === undefined || isTexts(names)))
      throw new ImageFilesError(files.path, `its ${DOCKER_LIST} has an entry without Config, Layers and RepoTags`)
    return { config, layers, names: names ?? [] }
  })
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}

interface Known {
  readonly contents: Map<Digest, ReadableFile>
  /** Layers by file name: images share them. */
  readonly hashed: Map<string, Promise<Descriptor>>
}

async function manifestOf(files: ReadableFiles, image: ListedImage, known: Known): Promise<FetchedManifest> {
  const config = await readSmall(files, image.config, MAX_CONFIG_BYTES)
  const file = await files.find(image.config)
  if (config === undefined || file === undefined)
    throw new ImageFilesError(files.path, `lacks the file ${shown(image.config)} that its ${DOCKER_LIST} names`)
  const diffIds = diffIdsOf(files, config)
  if (diffIds.length !== image.layers.length)
    throw new ImageFilesError(files.path, `has an image of ${diffIds.length} layers with ${image.layers.length} files`)
  const configDigest = digestOf(config)
  known.contents.set(configDigest, file)
  const layers: Descriptor[] = []
  for (const [index, name] of image.layers.entries()) {
    const hashing = known.hashed.get(name) ?? describeLayer(files, name, known.contents)
    known.hashed.set(name, hashing)
    const layer = await hashing
    // A compressed layer's digest is another one: what it unpacks to is for those who unpack it to check.
    if (layer.mediaType === LAYER_TYPE && layer.digest !== diffIds[index])
      throw new ImageFilesError(files.path, `its layer ${shown(name)} is not the one that the image's config names`)
    layers.push(layer)
  }
  return build({ mediaType: CONFIG_TYPE, digest: configDigest, size: config.byteLength }, layers)
}

function build(config: Descriptor, layers: readonly Descriptor[]): FetchedManifest {
  const mediaType: MediaType = OCI_MANIFEST
  const content = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }))
  return { digest: digestOf(content), mediaType, content }
}

function diffIdsOf(files: ReadableFiles, config: Uint8Array): readonly string[] {
  const parsed = parsedConfig(files, config)
  const rootfs = isObject(parsed) ? parsed.rootfs : undefined
  const ids = isObject(rootfs) ? rootfs.diff_ids : undefined
  if (isTexts(ids)) return ids
  throw new ImageFilesError(files.path, 'has an image whose config names no layers')
}

function parsedConfig(files: ReadableFiles, config: Uint8Array): unknown {
  try {
    return parseStrictJson(config)
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ImageFilesError(files.path, `has an image whose config is no JSON: ${error.message}`)
    throw error
  }
}

async function describeLayer(
  files: ReadableFiles,
  name: string,
  contents: Map<Digest, ReadableFile>,
): Promise<Descriptor> {
  const file = await files.find(name)
  if (file === undefined)
    throw new ImageFilesError(files.path, `lacks the file ${shown(name)} that its ${DOCKER_LIST} names`)
  const hasher = createHasher('sha256')
  let start: Uint8Array | undefined
  for await (const piece of file.stream()) {
    start ??= piece.slice(0, 4)
    hasher.update(piece)
  }
  const digest = parseDigest(`sha256:${hasher.hex()}`)
  contents.set(digest, file)
  return { mediaType: `${LAYER_TYPE}${compressionOf(start)}`, digest, size: file.sizeBytes }
}

function compressionOf(start: Uint8Array | undefined): '' | '+gzip' | '+zstd' {
  const begins = (...bytes: readonly number[]) => bytes.every((byte, index) => start?.[index] === byte)
  if (begins(0x1f, 0x8b)) return '+gzip'
  return begins(0x28, 0xb5, 0x2f, 0xfd) ? '+zstd' : ''
}

function digestOf(bytes: Uint8Array): Digest {
  const hasher = createHasher('sha256')
  hasher.update(bytes)
  return parseDigest(`sha256:${hasher.hex()}`)
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 200))
}
