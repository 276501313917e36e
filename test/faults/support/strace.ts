import { readFileSync } from 'node:fs'

/** One system call. Calls of several threads overlap, so each has a begin and an end: lines of the log. */
export interface SystemCall {
  readonly name: string
  /** Its arguments as strace writes them; with `-yy` a descriptor carries its path. */
  readonly text: string
  readonly begin: number
  readonly end: number
  readonly failed: boolean
}

/** Reads a log of `strace -f -yy`, joining `<unfinished …>` with `<… resumed>`. */
export function readSystemCalls(logPath: string): SystemCall[] {
  const calls: SystemCall[] = []
  const unfinished = new Map<string, { text: string; begin: number }>()
  for (const [line, content] of readFileSync(logPath, 'utf8').split('\n').entries()) {
    const match = /^(\d+)\s+(.*)$/.exec(content)
    if (match?.[1] === undefined || match[2] === undefined) continue
    const [, thread, text] = match
    if (text.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text, begin: line })
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)
    const started = unfinished.get(thread)
    const whole = resumed === null ? text : `${started?.text ?? ''}${resumed[1] ?? ''}`
    const name = /^(\w+)\(/.exec(whole)?.[1]
    if (name === undefined) continue
    const begin = resumed === null ? line : (started?.begin ?? line)
    calls.push({ name, text: whole, begin, end: line, failed: / = -1 E/.test(whole) })
  }
  return calls
}
