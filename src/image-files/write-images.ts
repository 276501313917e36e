import type { Clock } from '../lib/clock.ts'
import type { Digest } from '../oci/digest.ts'
import type { FetchedManifest } from '../registry/image-source.ts'
import { digestOfBytes } from '../registry/running-hashes.ts'
import { type ArchiveWriter, writeArchive } from '../storage/image-files/archive-writer.ts'
import { openFolderWriter } from '../storage/image-files/folder-writer.ts'
import { openFolder } from '../storage/image-files/open-folder.ts'
import { ImageFilesError } from '../storage/image-files/readable-files.ts'
import { parseManifest } from '../oci/manifest.ts'
import { DOCKER_LIST } from './docker-archive.ts'
import { dockerList } from './docker-list.ts'
import { blobFile, INDEX_FILE, readLayoutIndex, readSmall } from './layout-index.ts'
import { MAX_MANIFEST_BYTES } from './layout-source.ts'
import { createLayoutTarget, type LayoutFiles, type LayoutTarget, writeText } from './layout-target.ts'

/** Images on their way into a file or a folder. */
export interface WrittenImages {
  readonly target: LayoutTarget
  /** From now on it holds them. */
  finish(): Promise<void>
  /** What was not finished is not there; of a folder, its blobs stay, for the next attempt. */
  abandon(): Promise<void>
}

export interface WriteOptions {
  readonly clock: Clock
  readonly host?: string | undefined
}

/** Adds to a layout that is there. @throws ImageFilesError for a folder of something else */
export async function writeLayoutFolder(path: string, { clock, host }: WriteOptions): Promise<WrittenImages> {
  const writer = openFolderWriter(path)
  if (!(await writer.isEmpty()) && !writer.has(INDEX_FILE) && !writer.has('oci-layout') && !writer.hasFolder('blobs'))
    throw new ImageFilesError(path, 'is neither empty nor an OCI image layout')
  const reading = openFolder(path)
  const entries = writer.has(INDEX_FILE) ? (await readLayoutIndex(reading)).map(({ json }) => json) : []
  const files: LayoutFiles = {
    path,
    has: (file) => writer.has(file),
    write: (file, _sizeBytes, bytes) => writer.write(file, bytes),
    manifest: async (digest) => {
      const content = await readSmall(reading, blobFile(digest), MAX_MANIFEST_BYTES)
      return content && soundManifest(digest, content)
    },
  }
  const target = createLayoutTarget(files, { clock, host, entries })
  return { target, finish: () => target.finish(), abandon: () => target.finish() }
}

function soundManifest(digest: Digest, content: Uint8Array<ArrayBuffer>): FetchedManifest | undefined {
  if (digestOfBytes(digest, content) !== digest) return undefined
  return { digest, content, mediaType: parseManifest(content, undefined).mediaType }
}

/** @throws ImageFilesError when there is such a file */
export async function writeImageArchive(
  path: string,
  { clock, host }: WriteOptions,
  format: 'oci' | 'docker',
): Promise<WrittenImages> {
  const archive = writeArchive(path)
  const files = archiveFiles(path, archive)
  const target = createLayoutTarget(files, { clock, host, entries: [] })
  return {
    target,
    finish: async () => {
      await target.finish()
      if (format === 'docker') await writeText(files, DOCKER_LIST, dockerList(path, target.images(), host))
      await archive.finish()
    },
    abandon: () => archive.abandon(),
  }
}

function archiveFiles(path: string, archive: ArchiveWriter): LayoutFiles {
  const written = new Set<string>()
  return {
    path,
    has: (file) => written.has(file),
    write: async (file, sizeBytes, bytes) => {
      await archive.add(file, sizeBytes, bytes)
      written.add(file)
    },
    manifest: async () => undefined,
  }
}
