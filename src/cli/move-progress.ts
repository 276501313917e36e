import type { MoveProgress } from '../move/progress.ts'
import { formatByteSize } from '../lib/byte-size.ts'

const EVERY_MS = 2000
const BAR_EVERY_MS = 200
const BAR_WIDTH = 30

interface Out {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

/** On standard error: a bar on a terminal, JSON lines for programs, and otherwise a line now and then. */
export function showMove({ json }: { readonly json: boolean }): MoveProgress {
  const out = { isTerminal: process.stderr.isTTY === true, write: (text: string) => void process.stderr.write(text) }
  return json ? asJson(out) : asText(out)
}

function asJson({ write }: Out): MoveProgress {
  const say = (event: object) => write(`${JSON.stringify(event)}\n`)
  const rarely = limited(EVERY_MS)
  return {
    expect: (all) => say({ event: 'expected', ...all }),
    objects: (done) => rarely(() => say({ event: 'objects', ...done })),
    rows: (done) => rarely(() => say({ event: 'rows', ...done })),
    step: (text) => say({ event: 'step', step: text }),
  }
}

function asText({ isTerminal, write }: Out): MoveProgress {
  let all = { objects: 0, bytes: 0 }
  const startedAt = performance.now()
  const rarely = limited(isTerminal ? BAR_EVERY_MS : EVERY_MS)
  const line = (text: string) => write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`)
  return {
    expect: (amount) => {
      all = amount
    },
    objects: (done) =>
      rarely(() => {
        const left = secondsLeft(done.bytes, all.bytes, performance.now() - startedAt)
        const amount = `${done.objects}/${all.objects} objects, ${formatByteSize(done.bytes)}/${formatByteSize(all.bytes)}`
        line(`${isTerminal ? `${barOf(done.bytes, all.bytes)} ` : ''}${amount}${left}`)
      }),
    rows: ({ table, rows }) => rarely(() => line(`${rows} rows, at ${table}`)),
    step: (text) => write(isTerminal ? `\r\u001b[K${text}\n` : `${text}\n`),
  }
}

export function barOf(done: number, all: number): string {
  const full = all === 0 ? BAR_WIDTH : Math.min(BAR_WIDTH, Math.floor((done / all) * BAR_WIDTH))
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`
}

function secondsLeft(done: number, all: number, tookMs: number): string {
  if (done === 0 || done >= all) return ''
  return `, ${Math.ceil(((tookMs / done) * (all - done)) / 1000)} s left`
}

function limited(everyMs: number): (work: () => void) => void {
  let saidAt = performance.now()
  return (work) => {
    if (performance.now() - saidAt < everyMs) return
    saidAt = performance.now()
    work()
  }
}
