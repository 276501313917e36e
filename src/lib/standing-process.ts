import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { Problem } from './problem.ts'
import { standing } from './standing.ts'

export interface StandingOptions {
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string | undefined>>
  /** A process that takes longer for an order hangs, and is ended. */
  readonly timeoutMs: number
}

const answerLine = z.object({
  id: z.int(),
  answer: z.unknown().optional(),
  problem: z
    .object({ kind: z.enum(['not-found', 'conflict', 'invalid', 'forbidden']), message: z.string() })
    .optional(),
  error: z.string().optional(),
})

interface Waiting {
  readonly order: unknown
  /** It was sent to a process that had just ended, and is sent to another one this once. */
  readonly isSentAgain?: boolean
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * A process of this program that answers orders, a line each, for as long as some come (`answerOrders` is its other end):
 * starting one costs more than most answers. Nothing is kept of it but what it may forget.
 */
export class StandingProcess {
  readonly #options: StandingOptions
  #run: Run | undefined

  constructor(options: StandingOptions) {
    this.#options = options
  }

  /** @throws Problem of the one who answers, Error when the process ended badly */
  ask(order: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => this.#send({ order, resolve, reject }))
  }

  #send(waiting: Waiting): void {
    this.#run ??= new Run(this.#options, (left) => {
      this.#run = undefined
      // It ended because nothing came for long, just as this did.
      for (const each of left) this.#send({ ...each, isSentAgain: true })
    })
    this.#run.send(waiting)
  }
}

/** One start of the process, up to its end. */
class Run {
  readonly #child: ChildProcess
  readonly #timeoutMs: number
  readonly #waiting = new Map<number, Waiting & { readonly timer: ReturnType<typeof setTimeout> }>()
  #complaint = ''
  #next = 0

  constructor({ argv: [program, ...words], env, timeoutMs }: StandingOptions, onEnd: (left: Waiting[]) => void) {
    this.#timeoutMs = timeoutMs
    this.#child = spawn(program, words, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdin, stdout, stderr } = this.#child
    stdin?.on('error', () => undefined)
    stderr?.on('data', (piece: Buffer) => {
      this.#complaint = `${this.#complaint}${piece.toString()}`.slice(-500)
    })
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#take(line))
    this.#child.once('error', (error) => refuse(this.#leave(), error))
    standing.add(this)
    this.#child.once('close', (code) => {
      standing.delete(this)
      const left = this.#leave()
      const again = left.filter(({ isSentAgain }) => code === 0 && isSentAgain !== true)
      refuse(
        left.filter((each) => !again.includes(each)),
        new Error(`a process that answers orders ended with ${code}: ${this.#complaint}`),
      )
      onEnd(again)
    })
  }

  send(waiting: Waiting): void {
    const id = this.#next++
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), this.#timeoutMs)
    this.#waiting.set(id, { ...waiting, timer })
    this.#child.stdin?.write(`${JSON.stringify({ id, order: waiting.order })}\n`)
  }

  end(): void {
    this.#child.stdin?.end()
  }

  #take(line: string): void {
    const said = parse(line)
    if (said === undefined) return
    const { id, answer, problem, error } = said
    const waiting = this.#forget(id)
    if (problem !== undefined) waiting?.reject(new Problem(problem.kind, problem.message))
    else if (error !== undefined) waiting?.reject(new Error(error))
    else waiting?.resolve(answer)
  }

  #forget(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    clearTimeout(waiting?.timer)
    this.#waiting.delete(id)
    return waiting
  }

  #leave(): Waiting[] {
    return [...this.#waiting.keys()].flatMap((id) => this.#forget(id) ?? [])
  }
}

function refuse(waiting: readonly Waiting[], error: Error): void {
  for (const { reject } of waiting) reject(error)
}

/** Undefined: it is a line of its log. */
function parse(line: string): z.infer<typeof answerLine> | undefined {
  try {
    return answerLine.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}
