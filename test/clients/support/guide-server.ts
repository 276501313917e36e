import { afterAll, beforeAll } from 'bun:test'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'
import { freePort } from '../../support/postgres.ts'
import { type RunningRegistry, startRegistry } from '../../support/registry.ts'
import { which } from './clients.ts'
import { type Ran, run } from './command.ts'
import type { Folder } from './folder.ts'
import { block, section, type Step, steps } from './guide.ts'
import { followIn } from './guide-shell.ts'

type Tree = Readonly<Record<string, unknown>>

export interface GuideOptions {
  /** Sections whose block `berth.yaml` is added to the one of "Start". */
  readonly sections?: readonly string[]
  /** More of `berth.yaml`, as another page has it. */
  readonly yaml?: readonly string[]
  /** Where clients reach the registry, if it is not its own address: `localhost:PORT`, by HTTPS. */
  readonly publicHost?: () => Promise<string>
  /** What cannot be as the page has it, for example an issuer that is out there. */
  readonly instead?: () => Promise<Tree> | Tree
  /** Variables of the server. */
  readonly serverEnv?: Readonly<Record<string, string>>
  /** Hosts of the page that something plays, and where: `old.example.com`, `127.0.0.1:PORT`. */
  readonly hosts?: () => Readonly<Record<string, string>>
  /** Files that the page takes for granted, by name. */
  readonly files?: Readonly<Record<string, string>>
}

/** A registry that was set up as docs/access.md says, and a shell in which its commands run as they stand there. */
export interface GuideServer {
  readonly url: string
  readonly host: string
  readonly registry: RunningRegistry
  readonly env: Readonly<Record<string, string>>
  /** More variables for the shell. */
  readonly setEnv: (more: Readonly<Record<string, string>>) => void
  /** The page's text with the addresses and folders of this test. */
  readonly localised: (text: string) => string
  /** Runs a line of the page. */
  readonly shell: (command: string, env?: Readonly<Record<string, string>>) => Promise<Ran>
  /** The same, and what is printed must be what the page says. */
  readonly follow: (step: Step) => Promise<void>
}

const ROOT = new URL('../../..', import.meta.url).pathname
const HOST = 'registry.example.com'

export function useGuideServer(folder: Folder, options: GuideOptions = {}): GuideServer {
  let port = 0
  let registry: RunningRegistry | undefined
  let publicHost = ''
  const env: Record<string, string> = {}
  const localised = (text: string) =>
    Object.entries(options.hosts?.() ?? {})
      .reduce((all, [name, host]) => all.replaceAll(`https://${name}`, `http://${host}`).replaceAll(name, host), text)
      .replaceAll(`https://${HOST}`, `${options.publicHost === undefined ? 'http' : 'https'}://${publicHost}`)
      .replaceAll(HOST, publicHost)
      .replaceAll('127.0.0.1:5000', `127.0.0.1:${port}`)
      .replaceAll('/var/lib/berth', folder.at('registry'))
      .replaceAll('/etc/berth', folder.path)

  const shell = (command: string, more: Readonly<Record<string, string>> = {}) =>
    run(['bash', '-o', 'pipefail', '-c', `exec 2>&1\n${localised(command)}`], {
      cwd: folder.path,
      env: { ...env, ...more },
    })

  const follow = (step: Step) => followIn({ shell, localised }, step)

  beforeAll(async () => {
    // The address stands in the configuration, so it must be known before the server is.
    port = await freePort()
    publicHost = (await options.publicHost?.()) ?? `127.0.0.1:${port}`
    Object.assign(env, await surroundings(folder, `127.0.0.1:${port}`))
    for (const [name, text] of Object.entries({ ...PASSWORDS, ...options.files }))
      await writeFile(folder.at(name), `${text}\n`)
    const start = section('Start')
    const parts = [
      block(start, 'berth.yaml'),
      ...(options.sections ?? []).map((each) => block(section(each), 'berth.yaml')),
      ...(options.yaml ?? []),
    ]
    const trees = [...parts.map((text) => parse(localised(text)) as Tree), (await options.instead?.()) ?? {}]
    await writeFile(folder.at('berth.yaml'), stringify(trees.reduce(merged)))
    for (const step of steps(start)) await follow(step)
    registry = await startRegistry({
      dataDir: folder.at('registry'),
      args: ['--config', folder.at('berth.yaml'), '--listen', `127.0.0.1:${port}`],
      ...(options.serverEnv === undefined ? {} : { env: options.serverEnv }),
    })
  }, 60_000)
  afterAll(async () => {
    await registry?.close()
  }, 60_000)

  return {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get host() {
      return `127.0.0.1:${port}`
    },
    get registry() {
      if (registry === undefined) throw new Error('the server was not started')
      return registry
    },
    env,
    setEnv: (more) => void Object.assign(env, more),
    localised,
    shell,
    follow,
  }
}

const PASSWORDS = Object.fromEntries(
  ['root', 'alice', 'bob', 'carol'].map((name) => [`${name}.password`, `the password of ${name}`]),
)

/** Programs as the page calls them: ours from source, and clients told that this address has no TLS. */
async function surroundings(folder: Folder, host: string): Promise<Record<string, string>> {
  const bin = folder.at('bin')
  await mkdir(bin, { recursive: true })
  const script = async (name: string, text: string) => {
    await writeFile(`${bin}/${name}`, `#!/bin/sh\n${text}\n`)
    await chmod(`${bin}/${name}`, 0o755)
  }
  await script('berth', `exec ${process.execPath} ${ROOT}src/main.ts "$@"`)
  const ctr = `exec ${which('ctr')} --address ${folder.at('containerd.sock')}`
  await script(
    'ctr',
    `case "$1 $2" in
"images pull") shift 2; ${ctr} images pull --plain-http --snapshotter native "$@";;
"images push") shift 2; ${ctr} images push --plain-http "$@";;
*) ${ctr} "$@";;
esac`,
  )
  const config = await folder.make('.config/containers')
  await writeFile(`${config}/registries.conf`, `[[registry]]\nlocation = "${host}"\ninsecure = true\n`)
  return {
    PATH: `${bin}:${folder.at('.local', 'bin')}:${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
    BERTH_CONFIG: folder.at('berth.yaml'),
    HOME: folder.path,
    XDG_CONFIG_HOME: folder.at('.config'),
    // No keychain of whoever runs this.
    DBUS_SESSION_BUS_ADDRESS: '',
    // The builder that a bare docker has.
    DOCKER_BUILDKIT: '0',
  }
}

function merged(one: Tree, other: Tree): Tree {
  const result: Record<string, unknown> = { ...one }
  for (const [key, value] of Object.entries(other)) {
    const before = result[key]
    result[key] = isTree(before) && isTree(value) ? merged(before, value) : value
  }
  return result
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
