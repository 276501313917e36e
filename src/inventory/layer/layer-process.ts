import { type ChildProcess, spawn } from 'node:child_process'
import { pipeline, Readable } from 'node:stream'
import { causesOf } from '../../lib/causes.ts'
import { openForChild, residentBytes, yieldProcessor } from '../../lib/child-surroundings.ts'
import type { LayerInventory } from '../layer-inventory.ts'
import type { LayerLimits, LayerToRead } from '../layer-reader.ts'
import { failedInventory } from './failed-inventory.ts'
import { MAX_TIMER_MS } from './meter.ts'
import { ResultLines } from './result-lines.ts'
import { InventoryParser } from './wire.ts'

/** A process that keeps its limits by itself has told of it until then. */
const GRACE_MS = 5000
const LOOK_EVERY_MS = 100
/** Its collector of garbage would make use of all the memory that the machine has. */
export const COLLECTOR_SETTING = 'BUN_JSC_forceRAMSize'
const MAX_COMPLAINT_BYTES = 4096

export interface ProcessOptions {
  /** The program and its words. */
  readonly argv: readonly [string, ...string[]]
  readonly limits: LayerLimits
  readonly signal: AbortSignal
}

/** Lets another process read a layer. Never rejects: whatever happens to that process is the inventory's state. */
export async function readByProcess(layer: LayerToRead, options: ProcessOptions): Promise<LayerInventory> {
  const file = openForChild(layer.content, layer.sizeBytes)
  try {
    const [program, ...words] = options.argv
    // Nothing of ours: no settings, no secrets, no folder.
    const env = { [COLLECTOR_SETTING]: String(Math.ceil(options.limits.memoryBytes / 2)) }
    const child = spawn(program, words, { cwd: '/', env, stdio: [file?.fd ?? 'pipe', 'pipe', 'pipe'] })
    const ending = ended(child)
    if (child.pid === undefined) return failedInventory((await ending) ?? 'no process could be started to read it')
    yieldProcessor(child.pid)
    return await follow({ child, ending, toPump: file === undefined ? layer : undefined }, options)
  } catch (error) {
    return failedInventory(`no process could be started to read it: ${causesOf(error)}`)
  } finally {
    file?.[Symbol.dispose]()
  }
}

interface Started {
  readonly child: ChildProcess
  /** Undefined: it ended well. */
  readonly ending: Promise<string | undefined>
  readonly toPump: LayerToRead | undefined
}

async function follow({ child, ending, toPump }: Started, options: ProcessOptions): Promise<LayerInventory> {
  const parser = new InventoryParser(options.limits.entries)
  const complaint = new Complaint()
  const verdict: Verdict = {}
  const kill = (reason: string) => {
    verdict.reason ??= reason
    child.kill('SIGKILL')
  }
  const unwatch = watch(child, options, kill)
  const lines = new ResultLines(maxResultBytes(options.limits), (line) => parser.add(line))
  child.stdout?.on('data', (piece: Buffer) => {
    if (verdict.reason !== undefined) return
    try {
      lines.add(piece)
    } catch {
      kill('the process that read it said what is no inventory')
    }
  })
  child.stderr?.on('data', (piece: Buffer) => complaint.add(piece))
  const stopPumping = toPump === undefined ? undefined : pump(toPump, child, verdict)
  const badEnd = await ending.finally(unwatch)
  stopPumping?.()
  const why = verdict.reason ?? (badEnd === undefined ? verdict.damage : `${badEnd}${complaint.text()}`)
  if (why !== undefined) return failedInventory(why)
  return parser.inventory() ?? failedInventory('the process that read it did not say how it ended')
}

/** Why it is not to be believed. */
export interface Verdict {
  /** It was killed for that. */
  reason?: string
  /** Its input could not be read to the end. */
  damage?: string
}

function maxResultBytes({ memoryBytes }: LayerLimits): number {
  return memoryBytes / 2
}

export function ended(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`no process could be started to read it: ${error.message}`))
    child.once('close', (code, signal) => {
      const how = signal === null ? `code ${code}` : signal
      resolve(code === 0 ? undefined : `the process that read it ended with ${how}`)
    })
  })
}

/** Kills it when it takes too long or too much, and when nobody wants it any more. */
export function watch(
  child: ChildProcess,
  { limits, signal }: ProcessOptions,
  kill: (reason: string) => void,
): () => void {
  const late = () => kill(`the process that read it hung, and was ended: scanning.limits.time`)
  const timer = setTimeout(late, Math.min(MAX_TIMER_MS, limits.timeMs + GRACE_MS))
  const looks = setInterval(() => {
    const taken = child.pid === undefined ? undefined : residentBytes(child.pid)
    if (taken !== undefined && taken > limits.memoryBytes)
      kill('the process that read it took too much memory, and was ended: scanning.limits.memory')
  }, LOOK_EVERY_MS)
  const abort = () => kill('nobody waits for it any more')
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return () => {
    clearTimeout(timer)
    clearInterval(looks)
    signal.removeEventListener('abort', abort)
  }
}

/** It may end without having read everything, or without that there is an end. */
export function pump({ content }: LayerToRead, { stdin }: ChildProcess, verdict: Verdict): (() => void) | undefined {
  if (stdin === null) return undefined
  const source = Readable.fromWeb(content.stream() as Parameters<typeof Readable.fromWeb>[0])
  let isReaderGone = false
  stdin.once('error', () => {
    isReaderGone = true
  })
  source.once('error', (error) => {
    if (!isReaderGone) verdict.damage = `its stored bytes could not be read: ${error.message}`
  })
  pipeline(source, stdin, () => undefined)
  return () => void source.destroy()
}

/** The end of what it wrote to its standard error. */
class Complaint {
  #tail = Buffer.alloc(0)

  add(piece: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, piece]).subarray(-MAX_COMPLAINT_BYTES)
  }

  text(): string {
    const line = this.#tail
      .toString('utf8')
      .split('\n')
      .findLast((each) => each.trim() !== '')
    return line === undefined ? '' : `: ${line.trim().slice(0, 200)}`
  }
}
