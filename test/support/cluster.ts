import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { BALANCERS, type Balancer } from '../deploy/support/balancers.ts'
import { type CommandResult, berth } from '../e2e/support/command.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { type RunningRegistry, startRegistry } from './registry.ts'
import { gateway, storageAddress } from './rgw.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

export interface ClusterOptions {
  readonly replicas?: number
  readonly balancer?: 'nginx' | 'haproxy'
  /** Text of the configuration file of every replica. */
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
  /** Replicas are started by the test. */
  readonly asleep?: boolean
  /** A new database of this server, which stays when the cluster is closed; otherwise a server of its own is started. */
  readonly postgres?: Postgres
}

type Start = (env: Readonly<Record<string, string>>, root: string | undefined) => Promise<RunningRegistry>

/** One server process of several; it can be ended and started again, at the same address. */
export class ReplicaProcess {
  readonly name: string
  readonly url: string
  /** Between it and PostgreSQL, for it alone. */
  readonly database: TcpProxy
  readonly #start: Start
  readonly #lives: RunningRegistry[] = []
  #running: RunningRegistry | undefined

  constructor(parts: {
    readonly name: string
    readonly url: string
    readonly database: TcpProxy
    readonly start: Start
  }) {
    this.name = parts.name
    this.url = parts.url
    this.database = parts.database
    this.#start = parts.start
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** `root`: the folder of another version of the program. */
  async start(env: Readonly<Record<string, string>> = {}, root?: string): Promise<void> {
    const started = await this.#start(env, root)
    this.#running = started
    this.#lives.push(started)
  }

  /** Returns the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | undefined> {
    const running = this.#running
    this.#running = undefined
    return running?.stop(signal)
  }

  /** SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    if (this.#running !== undefined) process.kill(this.#running.pid, signal)
  }

  /** When it died by itself. */
  async dies(withinMs: number): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    // A signal that changes nothing: what is waited for is the end of the process.
    const code = await Promise.race([running.stop('SIGCONT'), Bun.sleep(withinMs)])
    if (code === undefined) throw new Error(`${this.name} lives, ${withinMs} ms later`)
    this.#running = undefined
  }

  /** What it printed, in all of its lives. */
  output(): string {
    return this.#lives.map((life) => life.output()).join('')
  }
}

/** Real servers on a real PostgreSQL and a real object store, with faults in between. */
export interface Cluster {
  readonly replicas: readonly [ReplicaProcess, ReplicaProcess, ...ReplicaProcess[]]
  /** Of the balancer, or of the first replica where there is none. */
  readonly url: string
  readonly postgres: Postgres
  /** Between all replicas and the bucket. */
  readonly storage: FaultProxy
  /** Without anything in between. */
  readonly direct: { readonly database: string; readonly storage: string }
  /** A command on the same database and bucket, with nothing in between. */
  berth(args: readonly string[], input?: string): Promise<CommandResult>
  close(): Promise<void>
}

/** A crash must be one: what PostgreSQL said is on the disk is on the disk. */
const DURABLE = ['fsync=on', 'full_page_writes=on']

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { config = '', env = {} } = options
  const folder = await mkdtemp(join(tmpdir(), 'berth-cluster-'))
  const configFile = join(folder, 'config.yaml')
  await writeFile(configFile, config)
  const postgres = options.postgres ?? (await startPostgres(DURABLE))
  const databaseName = await makeDatabase(postgres)
  const { endpoint, makeBucket } = await gateway()
  const bucket = await makeBucket()
  const storage = await startFaultProxy(endpoint)
  const direct = { database: postgres.urlOf(databaseName), storage: await storageAddress({ bucket }) }
  const proxied = await storageAddress({ bucket, through: storage.url })
  const target = { host: '127.0.0.1', port: Number(new URL(postgres.url).port) }

  async function makeReplica(index: number): Promise<ReplicaProcess> {
    const database = await startTcpProxy(target)
    const name = `replica-${index}`
    const port = freePort()
    const args = [
      ...['--listen', `127.0.0.1:${port}`, '--config', configFile],
      ...['--database', `postgres://postgres@127.0.0.1:${database.port}/${databaseName}`, '--storage', proxied],
    ]
    const start: Start = (more, root) =>
      startRegistry({ dataDir: join(folder, name), args, env: { ...env, ...more }, ...(root && { root }) })
    return new ReplicaProcess({ name, url: `http://127.0.0.1:${port}`, database, start })
  }

  const [first, second, ...others] = await Promise.all(
    Array.from({ length: options.replicas ?? 2 }, (_, index) => makeReplica(index)),
  )
  if (first === undefined || second === undefined) throw new Error('a cluster has two replicas or more')
  const replicas = [first, second, ...others] as const
  if (options.asleep !== true) await Promise.all(replicas.map((replica) => replica.start()))
  const balancer = await startBalancer(options.balancer, [hostOf(first), hostOf(second)])
  return {
    replicas: [first, second, ...others],
    url: balancer?.url ?? first.url,
    postgres,
    storage,
    direct,
    berth: (args, input = '') =>
      berth([...args, '--config', configFile], {
        input,
        env: { BERTH_DATABASE: direct.database, BERTH_STORAGE: direct.storage, BERTH_DATA: join(folder, 'command') },
      }),
    close: async () => {
      await balancer?.stop()
      await Promise.all(replicas.map((replica) => replica.stop('SIGKILL')))
      await Promise.all([storage.close(), ...replicas.map(({ database }) => database.close())])
      if (options.postgres === undefined) await postgres.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function makeDatabase({ url }: Postgres): Promise<string> {
  const name = `berth_${crypto.randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`create database ${name}`)
    return name
  } finally {
    await client.end()
  }
}

function hostOf({ url }: ReplicaProcess): string {
  return url.slice('http://'.length)
}

function startBalancer(
  name: 'nginx' | 'haproxy' | undefined,
  addresses: readonly [string, string],
): Promise<Balancer> | undefined {
  return name && BALANCERS[name](addresses)
}

/** Below those that the system gives away by itself, so that a replica finds its own free when it comes back. */
function freePort(): number {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 8000)
    try {
      Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } }).stop(true)
      return port
    } catch {
      // Somebody has it.
    }
  }
}
