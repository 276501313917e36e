import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { hasPostgres, type Postgres, startPostgres } from '../../test/support/postgres.ts'
import { startBerth } from './contestants.ts'
import { cpuSeconds } from './cpu.ts'
import type { Lab } from './lab.ts'
import { REGION, S3_ENVIRONMENT, type S3Server, startS3Server } from './s3-server.ts'
import { freePort, type Server, startServer } from './server.ts'
import { find } from './tools.ts'

/** Who is compared on the engines that others run. */
export type ScaleContestant = 'berth' | 'peer'

export interface ScaleServerOptions {
  /** Of its database, its bucket and its folder: two of one name are replicas. */
  readonly name: string
  /** Pulls of blobs are sent to S3. */
  readonly redirect?: boolean
  /** Another folder, for a second replica. */
  readonly folder?: string
}

/** A PostgreSQL that syncs and an S3 server, both beside the load, for the rows that need them. */
export class Scale {
  readonly s3: S3Server
  readonly #lab: Lab
  readonly #postgres: Postgres
  readonly #postmaster: number
  readonly #made = new Set<string>()

  constructor(lab: Lab, parts: { s3: S3Server; postgres: Postgres; postmaster: number }) {
    this.#lab = lab
    this.s3 = parts.s3
    this.#postgres = parts.postgres
    this.#postmaster = parts.postmaster
  }

  /** The address of a database of that name, made when it is asked for first. */
  async database(name: string): Promise<string> {
    const database = `bench_${name.replaceAll('-', '_')}`
    await this.#once(`database ${name}`, () => execute(this.#postgres.url, `create database ${database}`))
    return this.#postgres.urlOf(database)
  }

  async bucket(name: string): Promise<string> {
    await this.#once(`bucket ${name}`, () => this.s3.makeBucket(name))
    return name
  }

  async start(who: ScaleContestant, options: ScaleServerOptions): Promise<Server> {
    const dir = join(this.#lab.dir, 'scale', `${who}-${options.folder ?? options.name}`)
    mkdirSync(dir, { recursive: true })
    return who === 'berth' ? this.#startBerth(dir, options) : this.#startPeer(dir, options)
  }

  /** User and system seconds of PostgreSQL, ended connections included. */
  databaseCpuSeconds(): number {
    return cpuSeconds(this.#postmaster)
  }

  async close(): Promise<void> {
    await this.#postgres.close()
    await this.s3.close()
    this.#lab.scratch('scale')
  }

  async #startBerth(dir: string, { name, redirect = false }: ScaleServerOptions): Promise<Server> {
    const bucket = await this.bucket(`berth-${name}`)
    const storage = `s3://${bucket}?${new URLSearchParams({ region: REGION, endpoint: this.s3.endpoint })}`
    const env = { ...S3_ENVIRONMENT, ...(redirect && { BERTH_REDIRECT__MODE: 'on' }) }
    return startBerth({ dir, args: ['--database', await this.database(name), '--storage', storage], env })
  }

  async #startPeer(dir: string, { name, redirect = false }: ScaleServerOptions): Promise<Server> {
    const port = await freePort()
    const config = join(dir, 'peer.yml')
    writeFileSync(config, peerOnS3(this.s3.endpoint, { bucket: await this.bucket(`peer-${name}`), redirect, port }))
    return startServer({
      name: 'docker-registry',
      command: [find('docker-registry') ?? 'docker-registry', 'serve', config],
      port,
      // With a bundle of authorities in the environment its S3 client refuses to start.
      env: { GOMAXPROCS: '1', AWS_CA_BUNDLE: '' },
      logFile: join(dir, 'server.log'),
    })
  }

  async #once(what: string, make: () => Promise<unknown>): Promise<void> {
    if (this.#made.has(what)) return
    this.#made.add(what)
    await make()
  }
}

function peerOnS3(endpoint: string, given: { bucket: string; redirect: boolean; port: number }): string {
  return `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage:
  s3:
    region: ${REGION}
    regionendpoint: ${endpoint}
    bucket: ${given.bucket}
    accesskey: ${S3_ENVIRONMENT.AWS_ACCESS_KEY_ID}
    secretkey: ${S3_ENVIRONMENT.AWS_SECRET_ACCESS_KEY}
    secure: false
    v4auth: true
  delete: { enabled: true }
  redirect: { disable: ${!given.redirect} }
  cache: { blobdescriptor: inmemory }
  maintenance: { uploadpurging: { enabled: false } }
http: { addr: "127.0.0.1:${given.port}" }
`
}

/** Runs a row on engines of its own, or notes what is missing. */
export async function withScale(lab: Lab, row: number, use: (scale: Scale) => Promise<void>): Promise<void> {
  if (!lab.has(row, 'radosgw') || !lab.has(row, 'docker-registry')) return
  if (!hasPostgres) {
    lab.skip(row, 'PostgreSQL is not installed')
    return
  }
  lab.scratch('scale')
  const scale = await openScale(lab)
  try {
    await use(scale)
  } finally {
    await scale.close()
  }
}

async function openScale(lab: Lab): Promise<Scale> {
  const postgres = await startPostgres(['fsync=on', 'synchronous_commit=on', 'full_page_writes=on'])
  process.on('exit', () => postgres.kill())
  const s3 = await startS3Server(join(lab.dir, 'scale/s3'), await freePort())
  return new Scale(lab, { s3, postgres, postmaster: await postmasterOf(postgres) })
}

async function postmasterOf({ url }: Postgres): Promise<number> {
  const [row] = await query<{ pid: number; parent: number }>(url, 'select pg_backend_pid() as pid', ({ pid }) => ({
    ...{ pid, parent: Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) },
  }))
  if (row === undefined) throw new Error('PostgreSQL did not tell its process')
  return row.parent
}

/** On a connection of its own. `see` looks at a row while the connection is open. */
async function query<Row extends pg.QueryResultRow>(url: string, sql: string, see: (row: Row) => Row): Promise<Row[]> {
  return connected(url, async (client) => (await client.query<Row>(sql)).rows.map(see))
}

/** One statement or several, on a connection of its own. */
export async function execute(url: string, sql: string): Promise<void> {
  await connected(url, (client) => client.query(sql))
}

async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
