import { join } from 'node:path'
import { pinned } from './tools.ts'

/** Runs one of our own load programs (bench/load/) on the load's CPU and returns what it reports. */
export async function runLoad<Outcome>(program: string, input: object): Promise<Outcome> {
  const load = startLoad(program, input)
  const outcome: Outcome = JSON.parse(await load.lastLine())
  return outcome
}

export interface RunningLoad {
  /** Waits for a line that the program prints while it runs. */
  readonly line: (text: string) => Promise<void>
  /** Ends its standard input, which tells it to stop waiting. */
  readonly release: () => Promise<void>
  /** Waits for its end and returns its last line. */
  readonly lastLine: () => Promise<string>
}

export function startLoad(program: string, input: object): RunningLoad {
  const command = [process.execPath, join(import.meta.dir, '../load', program), JSON.stringify(input)]
  const child = Bun.spawn(pinned('load', command), { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const ended = (async () => {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of child.stdout) {
      const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = pieces.pop() ?? ''
      lines.push(...pieces)
      for (const wake of waiting) wake()
    }
    const code = await child.exited
    for (const wake of waiting) wake()
    if (code !== 0) throw new Error(`bench/load/${program} ended with code ${code}`)
  })()
  const line = async (text: string) => {
    while (!lines.includes(text)) {
      const more = new Promise<void>((resolve) => waiting.add(resolve))
      await Promise.race([more, ended])
      if (child.exitCode !== null && !lines.includes(text)) throw new Error(`${program} ended before "${text}"`)
    }
  }
  return {
    line,
    release: async () => {
      await child.stdin.end()
    },
    lastLine: async () => {
      await ended
      return lines.at(-1) ?? ''
    },
  }
}
