import { openArchive } from '../storage/image-files/open-archive.ts'
import { openFolder } from '../storage/image-files/open-folder.ts'
import { ImageFilesError, type ReadableFiles } from '../storage/image-files/readable-files.ts'
import { DOCKER_LIST, openDockerArchive } from './docker-archive.ts'
import type { FileImages } from './file-images.ts'
import { INDEX_FILE, LAYOUT_FILE } from './layout-index.ts'
import { openLayout } from './layout-source.ts'

/** @throws ImageFilesError when it is no OCI image layout */
export async function openLayoutFolder(path: string): Promise<FileImages> {
  return openLayout(openFolder(path))
}

/** An archive of either kind: docker's own are layouts too, since version 25. @throws ImageFilesError */
export async function openImageArchive(path: string): Promise<FileImages> {
  const files = await openArchive(path)
  try {
    return await openFiles(files)
  } catch (error) {
    await files.close()
    throw error
  }
}

async function openFiles(files: ReadableFiles): Promise<FileImages> {
  if ((await has(files, LAYOUT_FILE)) && (await has(files, INDEX_FILE))) return openLayout(files)
  if (await has(files, DOCKER_LIST)) return openDockerArchive(files)
  throw new ImageFilesError(files.path, `holds no images: it has neither ${LAYOUT_FILE} nor docker's ${DOCKER_LIST}`)
}

async function has(files: ReadableFiles, name: string): Promise<boolean> {
  return (await files.find(name)) !== undefined
}
