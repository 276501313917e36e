import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { watchedEnvironment } from './section.ts'
import { freePort, type Server, startServer } from './server.ts'
import type { Certificate } from './certificate.ts'
import { find, pinned } from './tools.ts'

/** Who is measured. `secured` is ours with Bearer tokens on, `peer` docker-registry 2.8.2, `distribution` what it became. */
export type Contestant = 'berth' | 'secured' | 'peer' | 'distribution' | 'zot' | 'nginx'

const ROOT = join(import.meta.dir, '../..')

export interface StartOptions {
  /** The folder that holds its data; made when missing, kept when it stops. */
  readonly dir: string
  /** Words in front of the command: strace, for the counting runs. */
  readonly wrapper?: readonly string[]
  /** Waited for before its first answer is. */
  readonly spawned?: (pid: number) => Promise<void>
  readonly args?: readonly string[]
  readonly program?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** It then speaks TLS itself. */
  readonly certificate?: Certificate
}

/** The program as its source runs it, and as `npm run build` makes it one file. */
const FROM_SOURCE = [process.execPath, join(ROOT, 'src/main.ts')]
const RELEASE = join(ROOT, 'dist/berth')

/** Builds the one file; it is the program that users install. */
export async function buildRelease(): Promise<void> {
  const build = Bun.spawn([process.execPath, 'scripts/build.ts'], { cwd: ROOT, stdout: 'ignore', stderr: 'inherit' })
  if ((await build.exited) !== 0) throw new Error('the release could not be built')
}

export function startRelease(dir: string): Promise<Server> {
  return startBerth({ dir, program: [RELEASE] })
}

/** Ours, exactly as a user starts it, errors alone logged. */
export async function startBerth({
  dir,
  wrapper = [],
  spawned,
  args = [],
  program = FROM_SOURCE,
  env = {},
  certificate,
}: StartOptions): Promise<Server> {
  const port = await freePort()
  const secure = certificate === undefined ? [] : ['--tls-cert', certificate.cert, '--tls-key', certificate.key]
  const serve = ['serve', '--listen', `127.0.0.1:${port}`, '--data', join(dir, 'store'), '--log-level', 'error']
  mkdirSync(dir, { recursive: true })
  return startServer({
    name: 'berth',
    command: [...wrapper, ...program, ...serve, ...secure, ...args],
    port,
    secure: certificate !== undefined,
    env: { ...watchedEnvironment(), ...env },
    ...(spawned && { spawned }),
    logFile: join(dir, 'server.log'),
  })
}

/** A management command, on the machine of the server whose data is in this folder. @throws Error with what it said */
export async function runBerth(dir: string, words: readonly string[]): Promise<string> {
  const command = [...FROM_SOURCE, ...words, '--data', join(dir, 'store')]
  const child = Bun.spawn(pinned('load', command), { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [output, problem] = await Promise.all([child.stdout.text(), child.stderr.text()])
  if ((await child.exited) !== 0) throw new Error(`berth ${words.join(' ')}: ${problem}${output}`)
  return output
}

/** Nobody looks into images: no peer does so beside its work, and random bytes have nothing to be found. */
export const UNSCANNED = { BERTH_SCANNING__ENABLED: 'false' }

export function startSecuredBerth(dir: string, htpasswdFile: string, env: StartOptions['env'] = {}): Promise<Server> {
  const args = ['--htpasswd', htpasswdFile, '--anonymous', 'none']
  return startBerth({ dir, args, env: { BERTH_PROJECTS__CREATE: 'everyone', ...env } })
}

/** The peer, docker-registry: files on the same disk, its in-memory cache on, logs off, one CPU. */
export function startPeer(options: StartOptions): Promise<Server> {
  return startGoRegistry('docker-registry', options)
}

/**
 * What docker-registry became, configured like it. No setting keeps it from making traces and writing them out for a log
 * that is off (3.1.1); these keep that as short as may be.
 */
export function startDistribution(options: StartOptions): Promise<Server> {
  return startGoRegistry('distribution', { ...options, env: { ...options.env, ...HARDLY_TRACED } })
}

const HARDLY_TRACED = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_BSP_MAX_QUEUE_SIZE: '1',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
  OTEL_BSP_SCHEDULE_DELAY: '3600000',
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '0',
}

async function startGoRegistry(
  name: 'docker-registry' | 'distribution',
  { dir, wrapper = [], env = {}, certificate }: StartOptions,
): Promise<Server> {
  const program = find(name)
  if (program === undefined) throw new Error(`${name} is not installed`)
  const port = await freePort()
  mkdirSync(dir, { recursive: true })
  const config = join(dir, 'peer.yml')
  writeFileSync(config, peerConfig(join(dir, 'store'), port, certificate))
  return startServer({
    name,
    command: [...wrapper, program, 'serve', config],
    port,
    secure: certificate !== undefined,
    env: { ...env, GOMAXPROCS: '1' },
    logFile: join(dir, 'server.log'),
  })
}

export function peerConfig(rootDirectory: string, port: number, certificate?: Certificate): string {
  const tls = certificate === undefined ? '' : `, tls: { certificate: ${certificate.cert}, key: ${certificate.key} }`
  return `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: ${rootDirectory} }
  delete: { enabled: true }
  cache: { blobdescriptor: inmemory }
  maintenance: { uploadpurging: { enabled: false } }
http: { addr: "127.0.0.1:${port}"${tls} }
`
}

/**
 * zot as it comes: deduplication on, no extensions, no login. By default it syncs nothing; `commit` makes it sync a
 * push before it is acknowledged, as everybody else does.
 */
export async function startZot({ dir, certificate }: StartOptions, { commit }: { commit: boolean }): Promise<Server> {
  const program = find('zot')
  if (program === undefined) throw new Error('zot is not installed')
  const port = await freePort()
  mkdirSync(dir, { recursive: true })
  const config = join(dir, 'zot.json')
  const zot = {
    distSpecVersion: '1.1.1',
    storage: { rootDirectory: join(dir, 'store'), commit },
    http: { address: '127.0.0.1', port: String(port), ...(certificate === undefined ? {} : { tls: certificate }) },
    log: { level: 'error' },
  }
  writeFileSync(config, JSON.stringify(zot))
  return startServer({
    name: 'zot',
    command: [program, 'serve', config],
    port,
    secure: certificate !== undefined,
    env: { GOMAXPROCS: '1' },
    logFile: join(dir, 'server.log'),
  })
}
