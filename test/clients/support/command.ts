/** What a command said when it ended. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  /** Standard output, then standard error: for messages and for text that a client may put on either. */
  readonly all: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly stdin?: string
  readonly timeoutMs?: number
}

/** Runs a command to its end; a failing one is an answer, not an error. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = Bun.spawn([...argv], {
    env: { ...process.env, ...options.env },
    stdin: options.stdin === undefined ? 'ignore' : new Blob([options.stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: options.timeoutMs ?? 240_000,
    killSignal: 'SIGKILL',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, stdout, all: `${stdout}${stderr}` }
}

/** Runs a command that has to work; returns its standard output without the last newline. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await run(argv, options)
  if (ran.code !== 0) throw new Error(`\`${argv.join(' ')}\` ended with ${ran.code}:\n${ran.all}`)
  return ran.stdout.trimEnd()
}

/** Runs a command that has to be refused; returns everything it printed. */
export async function mustFail(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await run(argv, options)
  if (ran.code === 0) throw new Error(`\`${argv.join(' ')}\` worked, and should not have:\n${ran.all}`)
  return ran.all
}
