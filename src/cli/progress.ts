import { formatByteSize } from '../lib/byte-size.ts'

const EVERY_MS = 2000

export interface Done {
  readonly objects: number
  readonly bytes: number
}

/** Says on standard error every two seconds how far a long command is. */
export function showProgress(verb: string): (done: Done) => void {
  let shownAt = performance.now()
  return ({ objects, bytes }) => {
    if (performance.now() - shownAt < EVERY_MS) return
    shownAt = performance.now()
    process.stderr.write(`${verb} ${objects} objects (${formatByteSize(bytes)})\n`)
  }
}
