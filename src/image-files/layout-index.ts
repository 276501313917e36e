import { type Descriptor, parseDescriptor } from '../oci/descriptor.ts'
import { OciError } from '../oci/errors.ts'
import { isObject, type JsonObject, parseStrictJson } from '../oci/strict-json.ts'
import { ImageFilesError, type ReadableFiles } from '../storage/image-files/readable-files.ts'
import { type FileImageName, misnamedEntry, nameOfEntry } from './image-name.ts'

/** image-spec image-layout.md. */
export const LAYOUT_FILE = 'oci-layout'
export const INDEX_FILE = 'index.json'
export const LAYOUT_VERSION = '1.0.0'

/** Lists of images, where one has very many. */
const MAX_LIST_BYTES = 16 * 1024 * 1024

/** One line of `index.json`. */
export interface LayoutEntry {
  readonly descriptor: Descriptor
  /** Undefined: it has a digest only. */
  readonly named: FileImageName | undefined
  /** What it is called, where that is no name. */
  readonly misnamed: string | undefined
  /** As it stands in the file, to be written again. */
  readonly json: JsonObject
}

export function blobFile(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** @throws ImageFilesError when it is no layout */
export async function readLayoutIndex(files: ReadableFiles): Promise<LayoutEntry[]> {
  const layout = await readJson(files, LAYOUT_FILE)
  if (!isObject(layout) || layout.imageLayoutVersion !== LAYOUT_VERSION)
    throw new ImageFilesError(files.path, `is no OCI image layout ${LAYOUT_VERSION}`)
  const index = await readJson(files, INDEX_FILE)
  if (!isObject(index) || !Array.isArray(index.manifests))
    throw new ImageFilesError(files.path, `its ${INDEX_FILE} has no list of manifests`)
  return index.manifests.map((entry: unknown, at) => parseEntry(files, entry, at))
}

function parseEntry(files: ReadableFiles, entry: unknown, at: number): LayoutEntry {
  try {
    const descriptor = parseDescriptor(entry, `manifests[${at}]`)
    const json = isObject(entry) ? entry : {}
    const annotations = textsOf(json.annotations)
    return { descriptor, json, named: nameOfEntry(annotations), misnamed: misnamedEntry(annotations) }
  } catch (error) {
    if (error instanceof OciError) throw new ImageFilesError(files.path, `its ${INDEX_FILE}: ${error.message}`)
    throw error
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const texts = isObject(value) ? Object.entries(value).filter(([, text]) => typeof text === 'string') : []
  return Object.fromEntries(texts) as Record<string, string>
}

/** Undefined: there is no such file. @throws ImageFilesError */
export async function readJson(files: ReadableFiles, name: string): Promise<unknown> {
  const bytes = await readSmall(files, name, MAX_LIST_BYTES)
  if (bytes === undefined) return undefined
  try {
    return parseStrictJson(bytes)
  } catch (error) {
    if (error instanceof SyntaxError) throw new ImageFilesError(files.path, `its ${name} is no JSON: ${error.message}`)
    throw error
  }
}

/** A whole file in memory. Undefined: there is no such file. @throws ImageFilesError when it is larger */
export async function readSmall(
  files: ReadableFiles,
  name: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const file = await files.find(name)
  if (file === undefined) return undefined
  if (file.sizeBytes > maxBytes)
    throw new ImageFilesError(files.path, `its ${name} has ${file.sizeBytes} bytes, which is more than ${maxBytes}`)
  return new Uint8Array(await new Response(file.stream()).arrayBuffer())
}
