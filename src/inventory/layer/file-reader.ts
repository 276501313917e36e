import { spawn } from 'node:child_process'
import { openForChild, yieldProcessor } from '../../lib/child-surroundings.ts'
import { programWords } from '../../lib/program-words.ts'
import type { LayerLimits, LayerToRead } from '../layer-reader.ts'
import { type FileOrder, type FoundFile, foundFile } from './find-in-layer.ts'
import { type MapPoint, mapHead } from './layer-map.ts'
import { COLLECTOR_SETTING, ended, pump, type Verdict, watch } from './layer-process.ts'
import { MAP_LAYER, READ_FILE, type ReadingOrder } from './reading-order.ts'

const HEAD_BYTES = 64 * 1024
/** Of the windows of all points together, packed; and what says where they are. */
const MAP_BYTES = 17 * 1024 ** 2
const NEWLINE = 0x0a

export interface FileToRead {
  readonly path: string
  /** As the layer's inventory has it. */
  readonly content: string
  readonly offset?: number | undefined
}

interface ReadOptions {
  readonly limits: LayerLimits
  readonly signal: AbortSignal
}

/** Has one file of a layer read by a process that has nothing of ours. Never rejects for what the layer holds. */
export async function readLayerFile(layer: LayerToRead, wanted: FileToRead, options: ReadOptions): Promise<FoundFile> {
  const { limits } = options
  const order: FileOrder = { ...wanted, limits, packedBytes: layer.sizeBytes }
  const said = await runApart(layer, [READ_FILE, JSON.stringify(order)], {
    ...options,
    maxBytes: limits.fileBytes + HEAD_BYTES,
  })
  if ('reason' in said) return { found: 'nothing', reason: said.reason }
  const [head, bytes] = parted(said.said)
  const found = foundFile.parse(JSON.parse(head))
  return found.found === 'file' ? { ...found, bytes } : found
}

/** Has it found out where a gzip layer can be begun to be read; undefined: it could not be. */
export async function mapByProcess(layer: LayerToRead, options: ReadOptions): Promise<MapPoint[] | undefined> {
  const order: ReadingOrder = { limits: options.limits, packedBytes: layer.sizeBytes }
  const said = await runApart(layer, [MAP_LAYER, JSON.stringify(order)], { ...options, maxBytes: MAP_BYTES })
  if ('reason' in said) return undefined
  const [head, windows] = parted(said.said)
  const { points, reason } = mapHead.parse(JSON.parse(head))
  if (reason !== undefined) return undefined
  let at = 0
  return points.map(([packed, bit, unpacked, length]) => {
    at += length
    return { packed, bit, unpacked, window: windows.subarray(at - length, at) }
  })
}

function parted(said: Buffer): readonly [string, Buffer] {
  const end = said.indexOf(NEWLINE)
  return [said.subarray(0, Math.max(0, end)).toString(), said.subarray(end + 1)]
}

/** Everything that such a process says about a layer, which it reads from standard input. */
async function runApart(
  layer: LayerToRead,
  words: readonly string[],
  { limits, signal, maxBytes }: ReadOptions & { readonly maxBytes: number },
): Promise<{ readonly said: Buffer } | { readonly reason: string }> {
  const handed = openForChild(layer.content, layer.sizeBytes)
  try {
    const argv = [process.execPath, ...programWords(), ...words] as const
    const [program, ...rest] = argv
    const env = { [COLLECTOR_SETTING]: String(Math.ceil(limits.memoryBytes / 2)) }
    const child = spawn(program, rest, { cwd: '/', env, stdio: [handed?.fd ?? 'pipe', 'pipe', 'ignore'] })
    const ending = ended(child)
    if (child.pid === undefined) return { reason: (await ending) ?? 'no process could be started to read it' }
    yieldProcessor(child.pid)
    const verdict: Verdict = {}
    const kill = (reason: string) => {
      verdict.reason ??= reason
      child.kill('SIGKILL')
    }
    const unwatch = watch(child, { argv, limits, signal }, kill)
    const pieces: Buffer[] = []
    let length = 0
    child.stdout?.on('data', (piece: Buffer) => {
      length += piece.length
      if (length > maxBytes) kill('the process that read it said more than it may')
      else pieces.push(piece)
    })
    const stopPumping = handed === undefined ? pump(layer, child, verdict) : undefined
    const badEnd = await ending.finally(unwatch)
    stopPumping?.()
    const reason = verdict.reason ?? badEnd ?? verdict.damage
    return reason === undefined ? { said: Buffer.concat(pieces) } : { reason }
  } finally {
    handed?.[Symbol.dispose]()
  }
}
