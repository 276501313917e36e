import { spawn } from 'node:child_process'
import { openForChild, yieldProcessor } from '../../lib/child-surroundings.ts'
import { programWords } from '../../lib/program-words.ts'
import type { LayerLimits, LayerToRead } from '../layer-reader.ts'
import { type FileOrder, type FoundFile, foundFile } from './find-in-layer.ts'
import { COLLECTOR_SETTING, ended, pump, type Verdict, watch } from './layer-process.ts'
import { READ_FILE } from './reading-order.ts'

const HEAD_BYTES = 64 * 1024
const NEWLINE = 0x0a

export interface FileToRead {
  readonly path: string
  /** As the layer's inventory has it. */
  readonly content: string
}

/** Has one file of a layer read by a process that has nothing of ours. Never rejects for what the layer holds. */
export async function readLayerFile(
  layer: LayerToRead,
  wanted: FileToRead,
  { limits, signal }: { readonly limits: LayerLimits; readonly signal: AbortSignal },
): Promise<FoundFile> {
  const handed = openForChild(layer.content, layer.sizeBytes)
  try {
    const order: FileOrder = { ...wanted, limits, packedBytes: layer.sizeBytes }
    const argv = [process.execPath, ...programWords(), READ_FILE, JSON.stringify(order)] as const
    const [program, ...words] = argv
    const env = { [COLLECTOR_SETTING]: String(Math.ceil(limits.memoryBytes / 2)) }
    const child = spawn(program, words, { cwd: '/', env, stdio: [handed?.fd ?? 'pipe', 'pipe', 'ignore'] })
    const ending = ended(child)
    if (child.pid === undefined) return { found: 'nothing', reason: await ending }
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
      if (length > limits.fileBytes + HEAD_BYTES) kill('the process that read it said more than it may')
      else pieces.push(piece)
    })
    const stopPumping = handed === undefined ? pump(layer, child, verdict) : undefined
    const badEnd = await ending.finally(unwatch)
    stopPumping?.()
    const reason = verdict.reason ?? badEnd ?? verdict.damage
    return reason === undefined ? parse(Buffer.concat(pieces)) : { found: 'nothing', reason }
  } finally {
    handed?.[Symbol.dispose]()
  }
}

function parse(said: Buffer): FoundFile {
  const end = said.indexOf(NEWLINE)
  const head = foundFile.parse(JSON.parse(said.subarray(0, Math.max(0, end)).toString()))
  return head.found === 'file' ? { ...head, bytes: said.subarray(end + 1) } : head
}
