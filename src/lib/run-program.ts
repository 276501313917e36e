import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

export interface ProgramResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program with this on its standard input, where secrets may stand: arguments can be read by everybody. */
export type RunProgram = (argv: readonly [string, ...string[]], input?: string) => Promise<ProgramResult>

/** A keychain may ask its owner for a password first. */
const TIMEOUT_MS = 120_000

/** @throws Error when it cannot be started */
export const runProgram: RunProgram = async ([program, ...args], input = '') => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  // It may end without reading.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}
