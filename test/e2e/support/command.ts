import { databaseEnvironment } from '../../support/postgres.ts'
import { PROGRAM } from '../../support/program.ts'

const ROOT = new URL('../../..', import.meta.url).pathname

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

function dataOf(args: readonly string[]): string | undefined {
  const at = args.indexOf('--data')
  return at < 0 ? undefined : args[at + 1]
}

/** Runs `berth …` to its end. */
export async function berth(
  args: readonly string[],
  { input = '', env = {} }: CommandOptions = {},
): Promise<CommandResult> {
  const child = Bun.spawn([...PROGRAM, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...(await databaseEnvironment(dataOf(args))), ...env },
    stdin: new TextEncoder().encode(input),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}

export async function addUser(dataDir: string, name: string, password: string): Promise<void> {
  const result = await berth(['user', 'add', name, '--data', dataDir], { input: `${password}\n` })
  if (result.code !== 0) throw new Error(`berth user add: ${result.stderr}`)
}
