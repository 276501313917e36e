import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PushImageInput, PushImageOutcome } from '../load/push-image.ts'
import { peerConfig, runBerth, type StartOptions, startBerth, startPeer } from './contestants.ts'
import type { Lab } from './lab.ts'
import type { LineInput } from '../load/line.ts'
import { type Line, startLine } from './line.ts'
import { startLoad } from './load.ts'
import { freePort, type Server, startServer } from './server.ts'
import { find } from './tools.ts'

/** A docker-registry somewhere else. */
export interface Upstream {
  readonly server: Server
  readonly line: Line
}

/** Runs something with an upstream at the end of a line, and ends both. */
export async function withUpstream<Outcome>(
  lab: Lab,
  input: Omit<LineInput, 'port'>,
  use: (upstream: Upstream) => Promise<Outcome>,
): Promise<Outcome> {
  const server = await startPeer({ dir: lab.scratch('upstream') })
  const line = await startLine({ ...input, port: server.port })
  try {
    return await use({ server, line })
  } finally {
    await line.stop()
    await server.stop()
    lab.scratch('upstream')
  }
}

export interface Image extends PushImageOutcome {
  readonly repository: string
  readonly tag: string
  /** In the order in which clients ask for them. */
  readonly paths: readonly string[]
}

/** Random bytes, pushed to a server. */
export async function pushRandomImage(
  server: Server,
  image: Pick<PushImageInput, 'repository' | 'tag' | 'layers' | 'layerBytes'>,
): Promise<Image> {
  const input: PushImageInput = { port: server.port, ...image, client: 'containerd', concurrency: 1 }
  const load = startLoad('push-image.ts', input)
  await load.line('ready')
  await load.release()
  const outcome: PushImageOutcome = JSON.parse(await load.lastLine())
  const { repository, tag } = image
  const base = `/v2/${repository}`
  const paths = [`${base}/manifests/${tag}`, ...outcome.blobs.map(({ digest }) => `${base}/blobs/${digest}`)]
  return { ...outcome, repository, tag, paths }
}

export const CACHE_PROJECT = 'up'

/** A Berth whose project `up` gets from the upstream what it does not have; `fresh`: how long a tag is. */
export async function startBerthCache(options: StartOptions, upstreamUrl: string, fresh = '1h'): Promise<Server> {
  await runBerth(options.dir, ['remote', 'add', CACHE_PROJECT, upstreamUrl, '--allow-private'])
  await runBerth(options.dir, ['project', 'add', CACHE_PROJECT, '--public'])
  await runBerth(options.dir, ['source', 'add', CACHE_PROJECT, CACHE_PROJECT, '--fresh', fresh])
  return startBerth(options)
}

/** docker-registry as a pull-through cache. */
export async function startPeerCache({ dir }: StartOptions, upstreamUrl: string): Promise<Server> {
  const program = find('docker-registry')
  if (program === undefined) throw new Error('docker-registry is not installed')
  const port = await freePort()
  mkdirSync(dir, { recursive: true })
  const config = join(dir, 'peer.yml')
  writeFileSync(config, `${peerConfig(join(dir, 'store'), port)}proxy: { remoteurl: "${upstreamUrl}" }\n`)
  return startServer({
    name: 'docker-registry',
    command: [program, 'serve', config],
    port,
    env: { GOMAXPROCS: '1' },
    logFile: join(dir, 'server.log'),
  })
}
