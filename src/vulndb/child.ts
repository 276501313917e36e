import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { programWords } from '../lib/program-words.ts'
import type { VulndbPlace } from './place.ts'

/** Below everything that serves. */
const NICE = 19
const MAX_STDERR = 4096

/** A process of this program for work that takes the whole processor. */
export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>
  /** How it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** The end of what it complained about. */
  complaint(): string
  kill(): void
}

/** `berth vulndb <word>`, which nobody calls by hand. What it is told comes by its standard input. @throws Error when it cannot be started */
export async function startChild({ program }: Pick<VulndbPlace, 'program'>, word: 'build' | 'match'): Promise<Child> {
  const [file, ...words] = program ?? [process.execPath, ...programWords()]
  const child = spawn(file, [...words, 'vulndb', word], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-MAX_STDERR)
  })
  // It may end without reading; how it ended says more.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<Awaited<Child['ended']>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  ended.catch(() => undefined)
  // One that cannot be started would never end its pipes.
  await once(child, 'spawn')
  lowerPriority(child.pid)
  return { process: child, ended, complaint: () => complaint.trim(), kill: () => void child.kill('SIGKILL') }
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICE)
  } catch {
    // It has ended, or the system does not let us: it only takes a larger share then.
  }
}
