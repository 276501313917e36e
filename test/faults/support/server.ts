import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseEnvironment } from '../../support/postgres.ts'
import { type RunningRegistry, startRegistry } from '../../support/registry.ts'
import { PROGRAM } from '../../support/program.ts'

export const ROOT = new URL('../../..', import.meta.url).pathname

/** The seed of a whole file; printed with every failure, and `BERTH_TEST_SEED` brings it back. */
export const SEED = Number(process.env.BERTH_TEST_SEED ?? Math.floor(Math.random() * 1e9))

/** The recovery log is written when a server starts: it would pass the failpoints before any client does. */
export const WITHOUT_RECOVERY_LOG = { BERTH_RECOVERY__LOG: 'false' }

export function startFaulty(dataDir: string, failpoints = ''): Promise<RunningRegistry> {
  const isAboutClients = failpoints !== '' && !failpoints.startsWith('recovery.')
  return startRegistry({
    dataDir,
    args: ['--log-level', 'info'],
    env: { BERTH_TEST_FAILPOINTS: failpoints, ...(isAboutClients ? WITHOUT_RECOVERY_LOG : {}) },
  })
}

export async function withFolder<T>(use: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'berth-faults-'))
  try {
    return await use(dataDir)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The address in the log of a server that was started otherwise than by `startRegistry`. */
export async function listeningUrl(output: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  const reader = output.getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    text += decoder.decode(value, { stream: true })
    const url = /"url":"([^"]+)"/.exec(text)?.[1]
    if (url !== undefined) {
      void drain(reader)
      return url
    }
    if (done) throw new Error(`it did not start:\n${text}`)
  }
}

/** Whoever writes to a pipe that nobody reads stands still in the end. */
async function drain(reader: { read(): Promise<{ readonly done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

/**
 * How long the disk or the machine stands still for everybody: a small file is synced again and again meanwhile, and
 * what a round takes beyond 100 ms counts. Figures of a busy machine can be judged with it.
 */
export function watchStalls(path: string): { end(): Promise<number> } {
  let ended = false
  let stalledMs = 0
  const watching = (async () => {
    while (!ended) {
      const startedAt = performance.now()
      await writeFile(path, 'probe', { flush: true })
      stalledMs += Math.max(0, performance.now() - startedAt - 100)
      await Bun.sleep(5)
    }
    await rm(path, { force: true })
  })()
  return {
    end: async () => {
      ended = true
      await watching
      return stalledMs
    },
  }
}

export interface Fsck {
  readonly exitCode: number
  readonly text: string
  /** Harmless leftovers. */
  readonly notes: number
}

/** `berth fsck`, which must end with 0 and print no error. */
export async function fsck(dataDir: string): Promise<Fsck> {
  const child = Bun.spawn([...PROGRAM, 'fsck', '--data', dataDir], {
    cwd: ROOT,
    env: { ...process.env, ...(await databaseEnvironment(dataDir)) },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { exitCode, text: stdout + stderr, notes: stdout.match(/^note: /gm)?.length ?? 0 }
}

export function fsckProblems({ exitCode, text }: Fsck): string[] {
  const clean = exitCode === 0 && !/^error: /m.test(text)
  return clean ? [] : [`fsck ended with ${exitCode}:\n${text}`]
}

/** Polls until it holds; the only wait in these suites. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 5000,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await Bun.sleep(10)
  }
}
