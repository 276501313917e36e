import { join } from 'node:path'
import type { Headers } from './seed.ts'

const ROOT = join(import.meta.dir, '../..')

/** Somebody who signs in without a slow hash. */
export interface Account {
  /** Basic. */
  readonly headers: Headers
}

export interface Accounts {
  readonly robot: Account
  /** A person's API key. */
  readonly key: Account
}

/** A private project for a repository, a robot that may write there and a person with a key who may read, by the CLI. */
export async function makeAccounts(data: string, repository: string): Promise<Accounts> {
  const project = projectOf(repository)
  const berth = (args: readonly string[], input = '') => run([...args, '--data', data], input)
  await berth(['user', 'add', 'root', '--role', 'administrator'], 'a long password\n')
  await berth(['user', 'add', 'alice', '--role', 'none'], 'a long password\n')
  await berth(['project', 'add', project, '--private'])
  const robot = await berth(['robot', 'add', 'ci', '--project', project])
  await berth(['grant', 'add', project, `robot:robot.${project}.ci`, 'writer'])
  await berth(['grant', 'add', project, 'user:alice', 'reader'])
  const key = await berth(['key', 'add', 'alice', 'bench'])
  return { robot: account(`robot.${project}.ci`, robot), key: account('alice', key) }
}

export const ADMINISTRATOR = { name: 'root', password: 'a long password' }

/** Who may do anything, with a key, and a project for a repository. */
export async function makeAdministrator(data: string, repository: string): Promise<Account> {
  await run(['user', 'add', 'root', '--role', 'administrator', '--data', data], 'a long password\n')
  await run(['project', 'add', projectOf(repository), '--data', data])
  return account('root', await run(['key', 'add', 'root', 'bench', '--data', data]))
}

/** A person with a key who may read what these patterns say, in a project. */
export async function makeReader(data: string, project: string, patterns: readonly string[]): Promise<Account> {
  await run(['user', 'add', 'reader', '--role', 'none', '--data', data], 'a long password\n')
  for (const pattern of patterns)
    await run(['grant', 'add', project, 'user:reader', 'reader', '--pattern', pattern, '--data', data])
  return account('reader', await run(['key', 'add', 'reader', 'bench', '--data', data]))
}

function projectOf(repository: string): string {
  return repository.split('/')[0] ?? repository
}

function account(name: string, secret: string): Account {
  return { headers: { Authorization: `Basic ${btoa(`${name}:${secret}`)}` } }
}

/** What it printed, which for a secret is the secret alone. */
async function run(args: readonly string[], input = ''): Promise<string> {
  const child = Bun.spawn([process.execPath, join(ROOT, 'src/main.ts'), ...args], {
    stdin: new TextEncoder().encode(input),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()])
  if ((await child.exited) !== 0) throw new Error(`berth ${args.join(' ')}: ${errors}`)
  return output.trim()
}

/** With a token of the registry for these scopes. */
export async function tokenHeaders(url: string, { headers }: Account, path: string): Promise<Headers> {
  const response = await fetch(`${url}${path}`, { headers })
  const body: unknown = await response.json()
  if (typeof body === 'object' && body !== null && 'token' in body) return { Authorization: `Bearer ${body.token}` }
  throw new Error(`${path} answered ${response.status} without a token`)
}
