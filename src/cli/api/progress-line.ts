import { printable } from '../output.ts'

/** A line on a terminal that is written anew; nothing where a program reads. */
export interface ProgressLine {
  readonly say: (text: string) => void
  readonly end: () => void
}

const WIDTH = 24

export function progressLine(isTerminal = process.stderr.isTTY === true): ProgressLine {
  let isShown = false
  const begunAt = performance.now()
  return {
    say: (text) => {
      if (!isTerminal) return
      isShown = true
      const seconds = Math.round((performance.now() - begunAt) / 1000)
      process.stderr.write(`\r\u001b[K${printable(text)} (${seconds} s)`)
    },
    end: () => {
      if (isShown) process.stderr.write('\r\u001b[K')
    },
  }
}

/** Work that is waited for; what it says stands on a line of its own meanwhile. */
export async function whileWaiting<T>(
  work: (say: ProgressLine['say']) => Promise<T>,
  line: ProgressLine = progressLine(),
): Promise<T> {
  try {
    return await work(line.say)
  } finally {
    line.end()
  }
}

/** `[#####     ] 12 of 24`. */
export function bar(done: number, all: number): string {
  const filled = all <= 0 ? 0 : Math.min(WIDTH, Math.round((done / all) * WIDTH))
  return `[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${done} of ${all}`
}
