import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { which } from '../../clients/support/clients.ts'
import { must } from '../../clients/support/command.ts'
import { DEPLOY } from './deploy-files.ts'

/** nginx or HAProxy with the files of `deploy/`, in front of replicas. */
export interface Balancer {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

export type StartBalancer = (replicas: readonly [first: string, second: string]) => Promise<Balancer>

export const BALANCERS: Readonly<Record<'nginx' | 'haproxy', StartBalancer>> = {
  nginx: startNginx,
  haproxy: startHaproxy,
}

/** `deploy/nginx/berth.conf` as it is; only the two files that are there to be changed are others. */
export async function startNginx(replicas: readonly string[]): Promise<Balancer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-nginx-'))
  const port = await freePort()
  await cp(join(DEPLOY, 'nginx'), folder, { recursive: true })
  await writeReplicas(join(folder, 'berth/replicas.conf'), replicas)
  await writeFile(join(folder, 'berth/listen.conf'), `listen 127.0.0.1:${port};\n`)
  await writeNginxConf(folder)
  return startProxy([program('nginx'), '-c', join(folder, 'nginx.conf')], { folder, port })
}

/** The file that is there, with other addresses; more replicas than it names get lines like those of the first. */
async function writeReplicas(path: string, replicas: readonly string[]): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.startsWith('server 127.0.0.1:5001 '))
  const servers = lines.flatMap((line) => replicas.map((replica) => `${line.replace('127.0.0.1:5001', replica)}\n`))
  await writeFile(path, servers.join(''))
}

/** What Debian's own file has around the included one, as far as it matters, in the foreground and in a folder of its own. */
export async function writeNginxConf(folder: string): Promise<void> {
  await mkdir(join(folder, 'tmp'), { recursive: true })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    join(folder, 'nginx.conf'),
    [
      'daemon off;',
      'worker_processes 1;',
      `pid ${folder}/pid;`,
      `error_log ${folder}/error.log;`,
      'events { worker_connections 1024; }',
      'http {',
      'access_log off;',
      ...temporary.map((name) => `${name}_temp_path ${folder}/tmp/${name};`),
      'include berth.conf;',
      '}',
    ].join('\n'),
  )
}

/** `deploy/haproxy/haproxy.cfg` as it is, told by its variables where things are. */
export async function startHaproxy([first, second]: readonly [string, string]): Promise<Balancer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-haproxy-'))
  const port = await freePort()
  const env = {
    BERTH_BALANCER_BIND: `127.0.0.1:${port}`,
    BERTH_BALANCER_FIRST: first,
    BERTH_BALANCER_SECOND: second,
  }
  return startProxy([program('haproxy'), '-db', '-f', join(DEPLOY, 'haproxy/haproxy.cfg')], { folder, port, env })
}

export interface Place {
  readonly folder: string
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a proxy in the foreground; its folder goes with it. */
export async function startProxy(command: readonly string[], { folder, port, env = {} }: Place): Promise<Balancer> {
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: Bun.file(join(folder, 'stderr')),
  })
  const balancer = {
    url: `http://127.0.0.1:${port}`,
    port,
    stop: async () => {
      child.kill('SIGTERM')
      await Promise.race([child.exited, Bun.sleep(5000)])
      child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) {
      const said = await Bun.file(join(folder, 'stderr')).text()
      await balancer.stop()
      throw new Error(`${command[0]} ended: ${said}`)
    }
    if (await listens(port)) return balancer
    await Bun.sleep(25)
  }
  await balancer.stop()
  throw new Error(`${command[0]} does not listen`)
}

function program(name: string): string {
  const path = which(name)
  if (path === undefined) throw new Error(`${name} is not installed`)
  return path
}

async function listens(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => undefined } })
    socket.end()
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Whether nginx takes these files. @throws Error with what it said */
export async function checkNginx(folder: string): Promise<void> {
  await must([program('nginx'), '-t', '-c', join(folder, 'nginx.conf')])
}
