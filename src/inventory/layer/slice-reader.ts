import { type ChildProcess, spawn } from 'node:child_process'
import { programWords } from '../../lib/program-words.ts'
import { standing } from '../../lib/standing.ts'
import type { LayerLimits } from '../layer-reader.ts'
import { ByteSource } from './byte-source.ts'
import { type FoundFile, foundFile } from './find-in-layer.ts'
import { frame, readFrame } from './frames.ts'
import { COLLECTOR_SETTING, watch } from './layer-process.ts'
import { READ_SLICES, type ReadingOrder } from './reading-order.ts'
import type { Slice, SliceOrder } from './slice.ts'

/** A person who looks at a file looks at another one. */
const IDLE_MS = 30_000
const MAX_PROCESSES = 3
const NEVER = new AbortController().signal

interface SliceReaderOptions {
  readonly limits: LayerLimits
}

/**
 * Reads files out of parts of layers, in a process for each layer that stays for a while. No process sees the bytes of
 * two layers: one that was taken over could tell of the other's files.
 */
export class SliceReaders {
  readonly #processes = new Map<string, SliceProcess>()

  /** @throws Error when the process ended badly: nothing is known of the file then */
  async read(layer: string, order: SliceOrder, slice: Slice, options: SliceReaderOptions): Promise<FoundFile> {
    const process = this.#processes.get(layer) ?? new SliceProcess(options, () => this.#forget(layer, process))
    // The one that was asked last stands last.
    this.#processes.delete(layer)
    this.#processes.set(layer, process)
    for (const old of this.#processes.values()) {
      if (this.#processes.size <= MAX_PROCESSES) break
      old.end()
    }
    return process.ask(order, slice)
  }

  #forget(layer: string, process: SliceProcess): void {
    if (this.#processes.get(layer) === process) this.#processes.delete(layer)
  }
}

class SliceProcess {
  readonly #child: ChildProcess
  readonly #limits: LayerLimits
  readonly #answers: ByteSource
  readonly #onEnd: () => void
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor({ limits }: SliceReaderOptions, onEnd: () => void) {
    this.#limits = limits
    this.#onEnd = onEnd
    const order: ReadingOrder = { limits, packedBytes: limits.fileBytes }
    const words = [...programWords(), READ_SLICES, JSON.stringify(order)]
    const env = { [COLLECTOR_SETTING]: String(Math.ceil(limits.memoryBytes / 2)) }
    const child = spawn(process.execPath, words, { cwd: '/', env, stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child = child
    child.stdin?.on('error', () => undefined)
    child.once('error', () => this.end())
    child.once('close', () => this.end())
    this.#answers = new ByteSource(child.stdout ?? noBytes())
    standing.add(this)
  }

  /** One order after the other. */
  ask(order: SliceOrder, slice: Slice): Promise<FoundFile> {
    clearTimeout(this.#idle)
    this.#waiting++
    const answer = this.#turn.then(() => this.#answer(order, slice))
    this.#turn = answer
      .catch(() => this.end())
      .then(() => {
        if (--this.#waiting === 0) this.#idle = setTimeout(() => this.end(), IDLE_MS)
      })
    return answer
  }

  end(): void {
    clearTimeout(this.#idle)
    standing.delete(this)
    this.#onEnd()
    this.#child.kill('SIGKILL')
  }

  async #answer(order: SliceOrder, { window, bytes }: Slice): Promise<FoundFile> {
    const unwatch = watch(this.#child, { argv: [process.execPath], limits: this.#limits, signal: NEVER }, () =>
      this.end(),
    )
    try {
      const head = new TextEncoder().encode(JSON.stringify(order))
      for (const piece of [head, window, bytes].flatMap(frame)) this.#child.stdin?.write(piece)
      const said = await readFrame(this.#answers, this.#limits)
      const found = await readFrame(this.#answers, this.#limits)
      if (said === undefined || found === undefined) throw new Error('the process that reads layers ended')
      const parsed = foundFile.parse(JSON.parse(new TextDecoder().decode(said)))
      return parsed.found === 'file' ? { ...parsed, bytes: found } : parsed
    } finally {
      unwatch()
    }
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
