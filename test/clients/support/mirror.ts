import { afterAll, beforeAll, expect } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { berth } from '../../e2e/support/command.ts'
import { type RunningRegistry, startRegistry } from '../../support/registry.ts'
import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts'
import { watch, type WatchedUpstream } from '../../upstreams/support/upstream.ts'
import { program } from './clients.ts'
import { must } from './command.ts'
import type { Folder } from './folder.ts'
import { smallImage, twoPlatforms } from './images.ts'
import type { Layout } from './layout.ts'

/** Programs that every mirror of these tests needs. */
export const MIRROR_PROGRAMS = ['docker-registry', 'skopeo', 'busybox']

/** What the upstream has. */
export const SMALL = 'library/small'
export const INDEX = 'library/index'

/** Berth standing in for docker.io and mirrored.test:5000, which a real docker-registry plays; of the latter nothing is fresh. */
export interface Mirror {
  readonly server: RunningRegistry
  /** The door of the upstream: what it was asked, and how to shut it. */
  readonly upstream: WatchedUpstream
  /** Host and port of the upstream itself, to push to. */
  readonly origin: string
  /** By name at the upstream, each tagged `v1`. */
  readonly layouts: Readonly<Record<string, Layout>>
  /** Pushes another image to the upstream under this name and tag. */
  readonly push: (layout: Layout, name: string) => Promise<void>
  /** Nobody answers there any more. */
  readonly shut: () => void
  /** The files that `berth mirror config` prints for a client, in a folder of the test as they would lie in `/`. */
  readonly filesFor: (client: string) => Promise<string>
}

interface MirrorOptions {
  /** Arguments for `berth serve`. */
  readonly args?: () => Promise<readonly string[]>
  /** Commands after the mirrors were made. */
  readonly commands?: readonly (readonly string[])[]
}

export function useMirror(folder: Folder, options: MirrorOptions = {}): Mirror {
  let registry: DockerRegistry | undefined
  let upstream: WatchedUpstream | undefined
  let server: RunningRegistry | undefined
  const layouts: Record<string, Layout> = {}

  const push = async (layout: Layout, name: string) => {
    const target = `docker://${new URL(there(registry).url).host}/${name}`
    await must([program('skopeo'), 'copy', '--quiet', '--all', '--dest-tls-verify=false', layout.reference, target])
  }

  beforeAll(async () => {
    registry = await startDockerRegistry({ filesystem: { rootdirectory: await folder.make('upstream') } })
    upstream = watch(registry.url)
    layouts[SMALL] = await smallImage(await folder.make('small'))
    layouts[INDEX] = await twoPlatforms(await folder.make('index'))
    for (const [name, layout] of Object.entries(layouts)) await push(layout, `${name}:v1`)
    server = await startRegistry({ dataDir: await folder.make('berth'), args: (await options.args?.()) ?? [] })
    for (const args of [
      ['remote', 'add', 'docker.io', upstream.url, '--allow-private'],
      ['mirror', 'add', 'docker.io', '--public', '--default'],
      ['mirror', 'add', 'mirrored.test:5000', '--project', 'mirrored', '--remote', 'docker.io', '--public'],
      ['source', 'set', '1', '--fresh', '1h'],
      ['source', 'set', '2', '--fresh', '0s'],
      ...(options.commands ?? []),
    ])
      await command(...args)
  }, 120_000)
  afterAll(async () => {
    const code = await server?.stop('SIGTERM')
    await server?.close()
    await upstream?.close()
    await registry?.stop()
    if (code !== 0) throw new Error(`berth ended with ${code}:\n${server?.output().slice(-10_000)}`)
  }, 60_000)

  async function command(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await berth([...args, '--data', folder.at('berth')])
    expect([args, code, stderr.replaceAll(/^\n?# .*\n/gm, '')]).toEqual([args, 0, ''])
    return `${stderr}${stdout}`
  }

  async function filesFor(client: string): Promise<string> {
    const root = await folder.make('etc')
    const printed = await command('mirror', 'config', client, '--url', there(server).url)
    // Where each goes stands before it.
    for (const part of printed.split(/^# (?=\/)/m).slice(1)) {
      const end = part.indexOf('\n')
      const path = `${root}${part.slice(0, end)}`
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, part.slice(end + 1))
    }
    return root
  }

  return {
    get server() {
      return there(server)
    },
    get upstream() {
      return there(upstream)
    },
    get origin() {
      return new URL(there(registry).url).host
    },
    layouts,
    push,
    shut: () => there(upstream).instead(() => new Response('busy', { status: 503 })),
    filesFor,
  }
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it was not started')
  return value
}
