import { formatByteSize } from '../lib/byte-size.ts'
import type { CopyProgress } from '../registry/copy-run.ts'

/** A terminal's line may be written anew often; a log gets a line now and then. */
const TERMINAL_EVERY_MS = 100
const LOG_EVERY_MS = 10_000
const WIDTH = 24

export interface CopyBar {
  readonly report: (progress: CopyProgress) => void
  /** One more image is done, of so many that are known by now. */
  readonly image: (name: string, done: number, known: number) => void
  readonly end: () => void
}

/** Says on standard error how far copying is: a bar on a terminal, a line now and then elsewhere. */
export function showCopies(isTerminal = process.stderr.isTTY === true): CopyBar {
  const begunAt = performance.now()
  let shownAt = isTerminal ? 0 : begunAt
  let bytes = 0
  let state = { name: '', done: 0, known: 0 }
  const show = (last: boolean) => {
    const now = performance.now()
    if (!last && now - shownAt < (isTerminal ? TERMINAL_EVERY_MS : LOG_EVERY_MS)) return
    shownAt = now
    const line = lineOf({ ...state, bytes, seconds: (now - begunAt) / 1000 })
    process.stderr.write(isTerminal ? `\r\u001b[K${line}` : `${line}\n`)
  }
  return {
    report: (progress) => {
      if (progress.type === 'bytes') bytes += progress.bytes
      show(false)
    },
    image: (name, done, known) => {
      state = { name, done, known }
      show(false)
    },
    end: () => {
      if (isTerminal) process.stderr.write('\r\u001b[K')
    },
  }
}

interface Line {
  readonly name: string
  readonly done: number
  readonly known: number
  readonly bytes: number
  readonly seconds: number
}

export function lineOf({ name, done, known, bytes, seconds }: Line): string {
  const full = known === 0 ? 0 : Math.min(WIDTH, Math.floor((WIDTH * done) / known))
  const bar = `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`
  const rate = seconds > 0 ? formatByteSize(Math.round(bytes / seconds)) : '0 B'
  return `${bar} ${done}/${known} images  ${formatByteSize(bytes)}  ${rate}/s  ${name}`.trimEnd()
}
