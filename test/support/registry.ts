import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseEnvironment } from './postgres.ts'
import { PROGRAM, SOURCE } from './program.ts'

/** A real server process of ours, for suites that need one: its own data folder, a free port, killed on close. */
export interface RunningRegistry {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  readonly url: string
  /** `127.0.0.1:PORT`, as image references want it. */
  readonly host: string
  readonly dataDir: string
  readonly pid: number
  /** Everything it has printed so far (standard output and error, JSON lines). */
  readonly output: () => string
  /** Sends a signal and waits for the end; returns the exit code. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number>
  /** Stops it and removes the data folder. */
  readonly close: () => Promise<void>
}

export interface StartOptions {
  /** Use this folder and keep it; otherwise a temporary one is made and removed on close. */
  readonly dataDir?: string
  /** More arguments for `berth serve`, for example `['--anonymous', 'pull']`. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The folder of another version of the program. */
  readonly root?: string
}

const ROOT = new URL('../..', import.meta.url).pathname

export async function startRegistry(options: StartOptions = {}): Promise<RunningRegistry> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'berth-test-')))
  const program = options.root === undefined ? PROGRAM : SOURCE
  const child = Bun.spawn(
    [...program, 'serve', '--listen', '127.0.0.1:0', '--data', dataDir, ...(options.args ?? [])],
    {
      cwd: options.root ?? ROOT,
      env: {
        ...process.env,
        // Most suites are about something else; those that are about it switch it on.
        BERTH_SCANNING__ENABLED: 'false',
        ...(await databaseEnvironment(dataDir)),
        ...options.env,
      },
      stdout: 'pipe',
      stderr: 'pipe',
    },
  )
  const output = collect(child.stdout, child.stderr)
  const url = await output.firstMatch(/"url":"(https?:\/\/[^"]+)"/, child.exited)
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return child.exited
  }
  return {
    url,
    host: url.replace(/^https?:\/\//, ''),
    dataDir,
    pid: child.pid,
    output: output.text,
    stop,
    close: async () => {
      await stop('SIGKILL')
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function collect(...streams: ReadableStream<Uint8Array>[]) {
  let text = ''
  let wake: (() => void) | undefined
  for (const stream of streams) {
    void (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of stream) {
        text += decoder.decode(chunk, { stream: true })
        wake?.()
      }
    })()
  }
  return {
    text: () => text,
    firstMatch: async (pattern: RegExp, exited: Promise<number>): Promise<string> => {
      const ended = exited.then((code) => ({ code }))
      for (;;) {
        const found = pattern.exec(text)?.[1]
        if (found !== undefined) return found
        const more = new Promise<undefined>((resolve) => {
          wake = () => resolve(undefined)
        })
        const end = await Promise.race([more, ended])
        if (end !== undefined && !pattern.test(text)) throw new Error(`berth ended with code ${end.code}:\n${text}`)
      }
    },
  }
}
