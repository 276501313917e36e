import { beforeAll } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { program } from './clients.ts'
import { must, run } from './command.ts'
import type { Folder } from './folder.ts'

const READY_MS = 30_000

/** A containerd of the file's own; returns the `ctr` command line that talks to it. */
export function useContainerd(folder: Folder): readonly string[] {
  beforeAll(() => startContainerd(folder), READY_MS)
  return [program('ctr'), '--address', socketOf(folder)]
}

const socketOf = (folder: Folder) => folder.at('containerd.sock')

async function startContainerd(folder: Folder): Promise<void> {
  const config = folder.at('containerd.toml')
  await writeFile(
    config,
    `version = 2
root = "${folder.at('containerd-root')}"
state = "${folder.at('containerd-state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${socketOf(folder)}"
[ttrpc]
  address = "${socketOf(folder)}.ttrpc"
`,
  )
  const ready = [program('ctr'), '--address', socketOf(folder), 'version']
  await start([program('containerd'), '--config', config], ready, folder)
}

export interface Docker {
  /** Runs `docker` with these arguments; it has to work. */
  (...args: readonly string[]): Promise<string>
  /** What makes the docker command talk to this engine, with its own login file. */
  readonly env: Readonly<Record<string, string>>
  /** `docker …` as an argument list, for commands that may fail or read standard input. */
  command(...args: readonly string[]): string[]
}

/** A Docker engine of the file's own: no bridge, no firewall rules, plain folders for layers. It may have a `daemon.json`. */
export function useDocker(folder: Folder, configFile?: () => Promise<string>): Docker {
  const env = { DOCKER_HOST: `unix://${folder.at('docker.sock')}`, DOCKER_CONFIG: folder.at('docker-config') }
  const command = (...args: readonly string[]) => [program('docker'), ...args]
  beforeAll(async () => {
    await folder.make('docker-config')
    // The engine mounts this folder on itself; one that had to be killed leaves that behind.
    folder.beforeRemoval(async () => {
      await run(['umount', folder.at('data')])
    })
    await startContainerd(folder)
    await startEngine(folder, env.DOCKER_HOST, await configFile?.())
  }, 2 * READY_MS)
  const docker = (...args: readonly string[]) => must(command(...args), { env })
  return Object.assign(docker, { env, command })
}

function startEngine(folder: Folder, socket: string, configFile: string | undefined): Promise<void> {
  const folders = ['--data-root', folder.at('data'), '--exec-root', folder.at('exec')]
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none']
  const parts = ['--storage-driver', 'vfs', '--containerd', socketOf(folder), '--pidfile', folder.at('docker.pid')]
  const config = configFile === undefined ? [] : ['--config-file', configFile]
  const argv = [program('dockerd'), '--host', socket, ...folders, ...network, ...parts, ...config]
  return start(argv, [program('docker'), '--host', socket, 'version'], folder)
}

/** Starts a daemon as a process group, returns when it answers, and ends it before the folder goes or when the test runner ends. */
async function start(argv: readonly string[], ready: readonly string[], folder: Folder): Promise<void> {
  const log = Bun.file(folder.at(`${basename(argv[0] ?? '')}.log`))
  const child = Bun.spawn(['setpriv', '--pdeathsig', 'TERM', ...argv], {
    detached: true,
    stdin: 'ignore',
    stdout: log,
    stderr: log,
  })
  folder.beforeRemoval(async () => {
    child.kill('SIGTERM')
    const deadline = setTimeout(() => child.kill('SIGKILL'), READY_MS)
    await child.exited
    clearTimeout(deadline)
    signalGroup(child.pid, 'SIGKILL')
  })
  const deadline = Date.now() + READY_MS
  for (;;) {
    const { code, all } = await run(ready, { timeoutMs: READY_MS })
    if (code === 0) return
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`${argv[0]} does not answer: ${all}\n${await log.text()}`)
    }
    await Bun.sleep(50)
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // The whole group has ended already.
  }
}
