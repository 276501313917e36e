// A reader of layers that is none: what it does instead is its first word.
import { writeSync } from 'node:fs'
import { getPriority } from 'node:os'

const WAYS: Readonly<Record<string, () => unknown>> = {
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  fail: () => {
    process.stderr.write('something is wrong\n\u001b[31mvery wrong\n')
    process.exitCode = 3
  },
  hang: () => {
    for (;;) Bun.sleepSync(1000)
  },
  sleep: () => setInterval(() => undefined, 1000),
  eat: () => {
    const eaten: Buffer[] = []
    for (;;) eaten.push(Buffer.alloc(8 * 1024 ** 2, 1))
  },
  garbage: () => writeSync(1, 'no inventory\n'),
  endless: () => {
    const piece = Buffer.alloc(64 * 1024, 'x')
    for (;;) writeSync(1, piece)
  },
  'endless lines': () => {
    const lines = Buffer.from(
      `${JSON.stringify({ files: [['a', 0, 0, 0, '', [null, null, null, null]]] })}\n`.repeat(1000),
    )
    for (;;) writeSync(1, lines)
  },
  silent: () => undefined,
  'no end': () => writeSync(1, `${JSON.stringify({ files: [['a', 0, 0, 0, '', [null, null, null, null]]] })}\n`),
  'strange path': () => writeSync(1, `${JSON.stringify({ files: [['a', 9, 0, 0, '', [null, null, null, null]]] })}\n`),
  environment: () => {
    const reasons = [...Object.keys(process.env), process.cwd(), `nice ${getPriority()}`]
    writeSync(1, `${JSON.stringify({ ending: { state: 'failed', reasons, unknownBinaries: [] } })}\n`)
  },
}

WAYS[process.argv[2] ?? '']?.()
