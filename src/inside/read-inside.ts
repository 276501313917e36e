import type { Config } from '../config/schema.ts'
import type { FoundFile } from '../inventory/layer/find-in-layer.ts'
import { readLayerFile } from '../inventory/layer/file-reader.ts'
import { Problem } from '../lib/problem.ts'
import { findStoredBlob } from '../metadata/blobs.ts'
import { parseDigest } from '../oci/digest.ts'
import { openBlob } from '../registry/pull-blob.ts'
import type { Registry } from '../registry/registry.ts'
import { inTurn } from './apart.ts'
import type { Looked } from './look.ts'

/** Of one file: its bytes are held until they are sent. */
const MAX_FILE_BYTES = 64 * 1024 ** 2
const MAX_TIME_MS = 60_000
/** Another name leads to the first one of its file; some archivers let it lead to another name. */
const MAX_NAMES = 4

interface ReadOptions {
  readonly registry: Registry
  readonly limits: Config['scanning']['limits']
  readonly signal: AbortSignal
}

/** @throws Problem when it cannot be read */
export async function readInside(
  { entry, content }: NonNullable<Looked['target']>,
  { registry, limits: { time, memory, ...rest }, signal }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.sizeBytes > MAX_FILE_BYTES) throw tooLarge()
  const limits = {
    ...{ ...rest, fileBytes: MAX_FILE_BYTES, memoryBytes: memory, timeMs: Math.min(time, MAX_TIME_MS) },
  }
  const blob = await findStoredBlob(registry.database.reader, parseDigest(entry.layer ?? ''))
  if (blob === undefined || blob.damaged) throw new Problem('not-found', 'the layer of this file is gone or damaged')
  const read = async (path: string) => {
    const opened = await openBlob(registry, blob)
    const layer = { sizeBytes: blob.sizeBytes, content: opened instanceof Uint8Array ? new Blob([opened]) : opened }
    return inTurn(() => readLayerFile(layer, { path, content }, { limits, signal }))
  }
  return bytesAt(entry.path, read)
}

async function bytesAt(path: string, read: (path: string) => Promise<FoundFile>): Promise<Uint8Array<ArrayBuffer>> {
  let at = path
  for (let names = 0; names < MAX_NAMES; names++) {
    const { found, bytes, target, reason } = await read(at)
    if (found === 'file') return new Uint8Array(bytes ?? [])
    if (found === 'tooLarge') throw tooLarge()
    if (target === undefined)
      throw new Problem('not-found', `the file could not be read: ${reason ?? 'it is not in its layer'}`)
    at = target
  }
  throw new Problem('not-found', 'the file has too many names that lead to each other')
}

function tooLarge(): Problem {
  return new Problem('invalid', 'the file has more than 64 MiB, which is what is read out of a layer at most')
}
