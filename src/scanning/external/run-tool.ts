import { spawn } from 'node:child_process'
import { Problem } from '../../lib/problem.ts'
import { Semaphore } from '../../lib/semaphore.ts'

export interface ToolRun {
  /** The program and its arguments: no shell reads them. */
  readonly argv: readonly [string, ...string[]]
  /** All of it: nothing of our own environment is passed on. */
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  readonly timeoutMs: number
  readonly maxBytes: number
}

export interface ToolResult {
  readonly code: number
  readonly stdout: Uint8Array
  /** Its end. */
  readonly stderr: string
}

export type RunTool = (run: ToolRun, signal: AbortSignal) => Promise<ToolResult>

const KEPT_STDERR = 4096
/** Scanners take all the memory and all the processors that there are, and lock their caches. */
const turns = new Semaphore(1)

/**
 * Runs a scanner, one at a time in this process. Whatever it started ends with it: when it is done, takes too long, says
 * too much, or nobody waits for it any more. @throws Problem; the signal's reason
 */
export const runTool: RunTool = async (run, signal) => {
  signal.throwIfAborted()
  return turns.run(() => {
    signal.throwIfAborted()
    return runNow(run, signal)
  })
}

function runNow({ argv: [program, ...args], env, folder, timeoutMs, maxBytes }: ToolRun, signal: AbortSignal) {
  return new Promise<ToolResult>((resolve, reject) => {
    // A group of its own, that can be killed as one.
    const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const chunks: Buffer[] = []
    let sizeBytes = 0
    let stderr = ''
    let problem: unknown
    const stop = (why: unknown) => {
      problem ??= why
      killGroup(child.pid)
    }
    const abort = () => stop(signal.reason)
    const timer = setTimeout(
      () => stop(new Problem('conflict', `${program} was stopped after ${timeoutMs / 1000} s without an answer`)),
      timeoutMs,
    )
    signal.addEventListener('abort', abort, { once: true })
    child.stdout.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.byteLength
      if (sizeBytes > maxBytes)
        stop(new Problem('conflict', `${program} was stopped: it said more than ${maxBytes} bytes`))
      else chunks.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = `${stderr}${chunk.toString()}`.slice(-KEPT_STDERR)
    })
    child.once('error', () => {
      stop(new Problem('conflict', `${program} cannot be started: is it installed?`))
      // What never began may never close.
      if (child.pid === undefined) end()
    })
    // What it left behind would hold its output open for ever.
    child.once('exit', () => killGroup(child.pid))
    child.once('close', (code) => end(code ?? 1))
    function end(code = 1): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      if (problem === undefined) resolve({ code, stdout: Buffer.concat(chunks), stderr })
      else reject(problem)
    }
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
