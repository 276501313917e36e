import { createInterface } from 'node:readline'
import { z } from 'zod'
import { causesOf } from './causes.ts'
import { Problem } from './problem.ts'

const orderLine = z.object({ id: z.int(), order: z.unknown() })

interface AnswerOptions {
  /** It ends when nothing came for so long, */
  readonly idleMs: number
  /** or when it takes more than it should, once nobody waits: another one is started when it is needed. */
  readonly isSpent: () => boolean
}

/** The other end of a `StandingProcess`: answers what comes by standard input, several at a time. Returns at the end. */
export function answerOrders(
  answer: (order: unknown) => Promise<unknown>,
  { idleMs, isSpent }: AnswerOptions,
): Promise<void> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin })
    let working = 0
    const end = () => {
      lines.close()
      resolve()
    }
    let idle = setTimeout(end, idleMs)
    lines.on('close', resolve)
    lines.on('line', (line) => {
      clearTimeout(idle)
      working++
      void answerLine(line, answer).then((text) => {
        process.stdout.write(`${text}\n`)
        if (--working > 0) return
        idle = setTimeout(end, isSpent() ? 0 : idleMs)
      })
    })
  })
}

async function answerLine(line: string, answer: (order: unknown) => Promise<unknown>): Promise<string> {
  const { id, order } = orderLine.parse(JSON.parse(line))
  try {
    return JSON.stringify({ id, answer: await answer(order) })
  } catch (error) {
    if (error instanceof Problem) return JSON.stringify({ id, problem: { kind: error.kind, message: error.message } })
    return JSON.stringify({ id, error: causesOf(error) })
  }
}
