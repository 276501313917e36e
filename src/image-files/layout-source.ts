import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { isMediaType, MANIFEST_KINDS, type MediaType } from '../oci/media-type.ts'
import type { FetchedManifest } from '../registry/image-source.ts'
import { platformImages } from '../registry/platforms.ts'
import { ImageFilesError, type ReadableFiles } from '../storage/image-files/readable-files.ts'
import { type FileImage, type FileImages, imagesNamed, listsOf } from './file-images.ts'
import { blobFile, type LayoutEntry, readLayoutIndex, readSmall } from './layout-index.ts'

export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

/** An OCI image layout, in a folder or an archive. @throws ImageFilesError */
export async function openLayout(files: ReadableFiles): Promise<FileImages> {
  const entries = await readLayoutIndex(files)
  const types = new Map(entries.map(({ descriptor }) => [descriptor.digest, descriptor.mediaType]))
  const images: FileImage[] = []
  for (const entry of entries) {
    const image = await imageOf(files, entry)
    if (image !== undefined) images.push(image)
  }
  const manifest = (digest: Digest) => readManifest(files, digest, types.get(digest))
  const digestOf = (name: string, reference: string) =>
    isDigest(reference) ? reference : oneOf(files, imagesNamed(images, name, reference), reference)
  let subjects: Promise<Subjects> | undefined
  return {
    label: files.path,
    images,
    ...listsOf(images),
    resolve: async (name, reference) => {
      const digest = digestOf(name, reference)
      const found = digest && (await manifest(digest))
      return found && { digest: found.digest, mediaType: found.mediaType, sizeBytes: found.content.byteLength }
    },
    manifest: async (name, reference) => {
      const digest = digestOf(name, reference)
      return digest && manifest(digest)
    },
    blob: async (_name, digest, { offset = 0 } = {}) => {
      const file = await files.find(blobFile(digest))
      return file && { sizeBytes: file.sizeBytes, body: file.stream(offset) }
    },
    referrers: async (_name, subject) => {
      subjects ??= findSubjects(files, entries)
      return (await subjects).get(subject) ?? []
    },
    close: () => files.close(),
  }
}

function oneOf(files: ReadableFiles, found: readonly FileImage[], tag: string): Digest | undefined {
  const digests = [...new Set(found.map(({ digest }) => digest))]
  if (digests.length > 1)
    throw new ImageFilesError(
      files.path,
      `has several images with the tag ${tag}; say a name or a digest: ${digests.slice(0, 3).join(', ')}`,
    )
  return digests[0]
}

async function imageOf(
  files: ReadableFiles,
  { descriptor, named, misnamed }: LayoutEntry,
): Promise<FileImage | undefined> {
  const { digest, mediaType } = descriptor
  if (!isDigest(digest) || MANIFEST_KINDS[mediaType] === undefined) return undefined
  return { named, misnamed, digest: (await onlyImage(files, digest, mediaType)) ?? digest }
}

/**
 * With containerd's store docker saves the index of all platforms and the one image that it has: that one is meant.
 * Undefined: everything is there, or it cannot be said which is.
 */
async function onlyImage(files: ReadableFiles, digest: Digest, mediaType: string): Promise<Digest | undefined> {
  if (MANIFEST_KINDS[mediaType] !== 'index') return undefined
  const index = await readManifest(files, digest, mediaType)
  const parsed = index && parsedOf(files, index)
  if (index === undefined || parsed === undefined) return undefined
  const images = platformImages(parsed, index.content).filter(({ belongsTo }) => belongsTo === undefined)
  const here: string[] = []
  for (const { descriptor } of images)
    if ((await files.find(blobFile(descriptor.digest))) !== undefined) here.push(descriptor.digest)
  const [only] = here
  return here.length === 1 && images.length > 1 && only !== undefined && isDigest(only) ? only : undefined
}

async function readManifest(
  files: ReadableFiles,
  digest: Digest,
  knownType: string | undefined,
): Promise<FetchedManifest | undefined> {
  const content = await readSmall(files, blobFile(digest), MAX_MANIFEST_BYTES)
  return content && { digest, content, mediaType: mediaTypeOf(files, content, knownType) }
}

/** What the index says, where the manifest does not say it itself. */
function mediaTypeOf(files: ReadableFiles, content: Uint8Array, known: string | undefined): MediaType {
  try {
    return parseManifest(content, undefined).mediaType
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    if (known !== undefined && isMediaType(known)) return known
    throw new ImageFilesError(files.path, `has a manifest that cannot be used: ${error.message}`)
  }
}

type Subjects = ReadonlyMap<string, readonly Descriptor[]>

/** As tools write layouts, what is about an image stands in `index.json` without a name. */
async function findSubjects(files: ReadableFiles, entries: readonly LayoutEntry[]): Promise<Subjects> {
  const found = new Map<string, Descriptor[]>()
  for (const { descriptor } of entries) {
    const { digest, mediaType, size } = descriptor
    const manifest = isDigest(digest) ? await readManifest(files, digest, mediaType) : undefined
    const { subject, artifactType, annotations } = (manifest && parsedOf(files, manifest)) ?? {}
    if (subject === undefined) continue
    const about = found.get(subject.digest) ?? []
    if (about.some((other) => other.digest === digest)) continue
    found.set(subject.digest, [
      ...about,
      { mediaType, digest, size, ...(artifactType && { artifactType }), ...(annotations && { annotations }) },
    ])
  }
  return found
}

function parsedOf(files: ReadableFiles, { content, mediaType }: FetchedManifest): Manifest {
  try {
    return parseManifest(content, mediaType)
  } catch (error) {
    if (error instanceof OciError)
      throw new ImageFilesError(files.path, `has a manifest that cannot be used: ${error.message}`)
    throw error
  }
}
