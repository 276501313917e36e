import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type Server, startServer } from './server.ts'
import { find, pinned } from './tools.ts'

/** Who is measured. `secured` is ours with Bearer tokens on. */
export type Contestant = 'berth' | 'secured' | 'peer' | 'nginx'

const ROOT = join(import.meta.dir, '../..')

export interface StartOptions {
  /** The folder that holds its data; made when missing, kept when it stops. */
  readonly dir: string
  /** Words in front of the command: strace, for the counting runs. */
  readonly wrapper?: readonly string[]
  readonly args?: readonly string[]
  readonly program?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
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
  args = [],
  program = FROM_SOURCE,
  env = {},
}: StartOptions): Promise<Server> {
  const port = await freePort()
  const serve = ['serve', '--listen', `127.0.0.1:${port}`, '--data', join(dir, 'store'), '--log-level', 'error']
  mkdirSync(dir, { recursive: true })
  return startServer({
    name: 'berth',
    command: [...wrapper, ...program, ...serve, ...args],
    port,
    env,
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

export function startSecuredBerth(dir: string, htpasswdFile: string): Promise<Server> {
  const env = { BERTH_PROJECTS__CREATE: 'everyone' }
  return startBerth({ dir, args: ['--htpasswd', htpasswdFile, '--anonymous', 'none'], env })
}

/** The peer, docker-registry: files on the same disk, its in-memory cache on, logs off, one CPU. */
export async function startPeer({ dir, wrapper = [] }: StartOptions): Promise<Server> {
  const program = find('docker-registry')
  if (program === undefined) throw new Error('docker-registry is not installed')
  const port = await freePort()
  mkdirSync(dir, { recursive: true })
  const config = join(dir, 'peer.yml')
  writeFileSync(config, peerConfig(join(dir, 'store'), port))
  return startServer({
    name: 'docker-registry',
    command: [...wrapper, program, 'serve', config],
    port,
    env: { GOMAXPROCS: '1' },
    logFile: join(dir, 'server.log'),
  })
}

export function peerConfig(rootDirectory: string, port: number): string {
  return `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: ${rootDirectory} }
  delete: { enabled: true }
  cache: { blobdescriptor: inmemory }
  maintenance: { uploadpurging: { enabled: false } }
http: { addr: "127.0.0.1:${port}" }
`
}

/** The limit: nginx sending the same bytes as static files, and a fixed answer under /v2/. */
export async function startNginx(dir: string, filesDir: string): Promise<Server> {
  const program = find('nginx')
  if (program === undefined) throw new Error('nginx is not installed')
  const port = await freePort()
  mkdirSync(join(dir, 'temp'), { recursive: true })
  const config = join(dir, 'nginx.conf')
  writeFileSync(config, nginxConfig(dir, filesDir, port))
  return startServer({
    name: 'nginx',
    command: [program, '-e', join(dir, 'server.log'), '-c', config],
    port,
    logFile: join(dir, 'server.log'),
  })
}

function nginxConfig(dir: string, filesDir: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${dir}/nginx.pid;
error_log ${dir}/server.log crit;
events { worker_connections 15000; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  ${temporary.map((kind) => `${kind}_temp_path ${dir}/temp;`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${filesDir};
    location = /v2/ { default_type application/json; return 200 '{}'; }
  }
}
`
}
