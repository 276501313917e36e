import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { configureFailpoints } from '../../src/lib/failpoint.ts'

/** A real PostgreSQL of the tests' own, or the one that `BERTH_TEST_POSTGRES` names. */
export interface Postgres {
  /** Of the server's own database. */
  readonly url: string
  urlOf(database: string): string
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
  /** The same at once, for the end of a process. */
  kill(): void
}

/** Whether suites that have no wish of their own run on PostgreSQL. */
export const ON_POSTGRES = process.env.BERTH_TEST_DATABASE === 'postgres'

/** With `BERTH_TEST_RERUN=1` every transaction there is undone once and run again: that must change nothing. */
const RERUN = ON_POSTGRES && process.env.BERTH_TEST_RERUN === '1' ? 'postgres.first-attempt=conflict@each' : ''
if (RERUN !== '') configureFailpoints(RERUN)

function programs(): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
  const folders = ['/usr/local/bin', ...versions.map((version) => `/usr/lib/postgresql/${version}/bin`)]
  return folders.find((folder) => existsSync(join(folder, 'pg_ctl')))
}

export const hasPostgres = process.env.BERTH_TEST_POSTGRES !== undefined || programs() !== undefined

/** Without fsync: it is fast, and a crash of the machine is not what these tests are about. */
const SETTINGS = 'fsync=off synchronous_commit=on full_page_writes=off max_connections=300 listen_addresses=127.0.0.1'

export async function startPostgres(settings: readonly string[] = []): Promise<Postgres> {
  const bin = programs()
  if (bin === undefined) throw new Error('PostgreSQL is not installed')
  const folder = await mkdtemp(join(tmpdir(), 'berth-postgres-'))
  await chmod(folder, 0o755)
  const data = join(folder, 'data')
  await mkdir(data)
  if (process.getuid?.() === 0) await run(['chown', 'postgres', data])
  const initdb = join(bin, 'initdb')
  await runAsPostgres([
    initdb,
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '--no-sync',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  ])
  const port = await freePort()
  const options = [...SETTINGS.split(' '), ...settings].map((setting) => `-c ${setting}`).join(' ')
  const control = (...words: string[]) =>
    runAsPostgres([join(bin, 'pg_ctl'), '-D', data, '-w', '-l', join(data, 'log'), ...words])
  const start = () => control('-o', `-p ${port} -k ${data} ${options}`, 'start')
  const stop = (mode: 'fast' | 'immediate' = 'fast') => control('-m', mode, 'stop')
  await start()
  endWithThisProcess([...asPostgres(), join(bin, 'pg_ctl'), '-D', data, '-m', 'immediate', 'stop'], folder)
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  return {
    ...{ url: urlOf('postgres'), urlOf, start, stop },
    close: async () => {
      await stop('immediate').catch(() => undefined)
      await rm(folder, { recursive: true, force: true })
    },
    kill: () => {
      Bun.spawnSync([...asPostgres(), join(bin, 'pg_ctl'), '-D', data, '-m', 'immediate', 'stop'], { cwd: '/tmp' })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

function runAsPostgres(command: readonly string[]): Promise<void> {
  return run([...asPostgres(), ...command])
}

/** It refuses to run as root. */
function asPostgres(): string[] {
  return process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
}

async function run(command: readonly string[]): Promise<void> {
  // The server inherits what is open: a pipe would keep this waiting for its end.
  const child = Bun.spawn([...command], { stdout: 'ignore', stderr: 'ignore', stdin: 'ignore', cwd: '/tmp' })
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')} failed`)
}

/** Also when this process is killed: whoever waits for the end of its input then stops the server. */
function endWithThisProcess(stop: readonly string[], folder: string): void {
  const script = 'cat > /dev/null; folder=$1; shift; "$@"; rm -rf "$folder"'
  Bun.spawn(['setsid', 'sh', '-c', script, 'sh', folder, ...stop], {
    ...{ stdin: 'pipe', stdout: 'ignore', stderr: 'ignore', cwd: '/tmp' },
  }).unref()
}

let shared: Promise<Postgres> | undefined

/** One server for all tests of this process; it ends with it. */
export function sharedPostgres(): Promise<Postgres> {
  shared ??= process.env.BERTH_TEST_POSTGRES === undefined ? startShared() : given(process.env.BERTH_TEST_POSTGRES)
  return shared
}

async function startShared(): Promise<Postgres> {
  const started = await startPostgres()
  process.on('exit', () => started.kill())
  return started
}

async function given(url: string): Promise<Postgres> {
  const urlOf = (database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href
  const none = async () => undefined
  return { url, urlOf, start: none, stop: none, close: none, kill: () => undefined }
}

/** A database with the newest schema: a copy takes a tenth of the time that all migrations take. */
const TEMPLATE = process.env.BERTH_TEST_POSTGRES_TEMPLATE

const made = new Map<string, Promise<string>>()

/** The address of a database that belongs to that name, a data folder for example; made when it is asked for first. */
export function databaseFor(name: string): Promise<string> {
  const key = `berth_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
  let url = made.get(key)
  if (url === undefined) {
    url = create(key)
    made.set(key, url)
  }
  return url
}

async function create(database: string): Promise<string> {
  const server = await sharedPostgres()
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    await client.query(`create database ${database}${TEMPLATE === undefined ? '' : ` template ${TEMPLATE}`}`)
  } catch (error) {
    if ((error as { code?: string }).code !== '42P04') throw error
  } finally {
    await client.end()
  }
  return server.urlOf(database)
}

/** What makes a command work on the database that belongs to its data folder. */
export async function databaseEnvironment(dataDir: string | undefined): Promise<Record<string, string>> {
  if (!ON_POSTGRES || dataDir === undefined) return {}
  return {
    BERTH_DATABASE: await databaseFor(resolve(dataDir)),
    ...(RERUN === '' ? {} : { BERTH_TEST_FAILPOINTS: RERUN }),
  }
}

/** The same for a configuration. */
export async function ownDatabase(dataDir: string): Promise<{ database?: string }> {
  return ON_POSTGRES ? { database: await databaseFor(resolve(dataDir)) } : {}
}
