import { openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { ANY_CERTIFICATE } from './certificate.ts'
import { pinned } from './tools.ts'

/** A server under measurement: one process tree on the servers' CPU. */
export interface Server {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Milliseconds from the start of the process to its first answer. */
  readonly firstAnswerMs: number
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>
}

export interface ServerCommand {
  readonly name: string
  readonly command: readonly string[]
  readonly port: number
  /** Speaks TLS. */
  readonly secure?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Waited for before its first answer is. */
  readonly spawned?: (pid: number) => Promise<void>
  readonly logFile: string
}

const START_LIMIT_MS = 60_000
const running = new Set<Bun.Subprocess>()

/** Starts it and waits for its first answer: 200, or 401 when it wants a login. */
export async function startServer(wanted: ServerCommand): Promise<Server> {
  const log = openSync(wanted.logFile, 'a')
  const startedAt = performance.now()
  const child = Bun.spawn(pinned('server', wanted.command), {
    env: { ...process.env, ...wanted.env },
    stdin: 'ignore',
    stdout: log,
    stderr: log,
  })
  running.add(child)
  await wanted.spawned?.(child.pid)
  const url = `${wanted.secure === true ? 'https' : 'http'}://127.0.0.1:${wanted.port}`
  const firstAnswerMs = await firstAnswer(url, startedAt, child, wanted)
  return {
    url,
    port: wanted.port,
    pid: child.pid,
    firstAnswerMs,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      const ended = await Promise.race([child.exited, Bun.sleep(10_000).then(() => undefined)])
      if (ended === undefined) child.kill('SIGKILL')
      await child.exited
      running.delete(child)
    },
  }
}

async function firstAnswer(
  url: string,
  startedAt: number,
  child: Bun.Subprocess,
  wanted: ServerCommand,
): Promise<number> {
  while (performance.now() - startedAt < START_LIMIT_MS) {
    if (child.exitCode !== null)
      throw new Error(`${wanted.name} ended with ${child.exitCode}: ${endOf(wanted.logFile)}`)
    const status = await fetch(`${url}/v2/`, { ...ANY_CERTIFICATE, signal: AbortSignal.timeout(1000) }).then(
      (response) => response.status,
      () => undefined,
    )
    if (status === 200 || status === 401) return performance.now() - startedAt
    // A start that takes long is not timed to the millisecond, and asking costs those CPU whom it waits for.
    await Bun.sleep(performance.now() - startedAt < 500 ? 0.5 : 50)
  }
  child.kill('SIGKILL')
  throw new Error(`${wanted.name} gave no answer within ${START_LIMIT_MS} ms: ${endOf(wanted.logFile)}`)
}

/** The file itself goes with the run. */
function endOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n')
}

/** Ends every server still up: the bench leaves none behind, however it ends. */
export function killAllServers(): void {
  for (const child of running) child.kill('SIGKILL')
}

/**
 * A port below those that the kernel gives to outgoing connections: a client that asks for such a port again and again
 * before the server listens would in the end be given it as its own, and talk to itself.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (await canListen(port)) return port
  }
  throw new Error('no free port between 20000 and 32000')
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
