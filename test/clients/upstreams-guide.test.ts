import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mirrorFiles } from '../../src/proxy-cache/mirror-files.ts'
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { watch, type WatchedUpstream } from '../upstreams/support/upstream.ts'
import { describeClient, program } from './support/clients.ts'
import { must, run } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { allBlocks, inlineCommands, section, steps } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { smallImage } from './support/images.ts'
import { MIRROR_PROGRAMS } from './support/mirror.ts'

const ROOT = new URL('../..', import.meta.url).pathname

describe('docs/upstreams.md', () => {
  test('shows the files that are printed, all of them', () => {
    const namespaces = [
      { name: 'docker.io', project: 'hub', isDefault: true },
      { name: 'quay.io', project: 'quay.io', isDefault: false },
    ]
    const shown = allBlocks('upstreams').filter(({ name }) => name.startsWith('/'))
    const printed = mirrorFiles(undefined, { url: 'https://registry.example.com', namespaces })
    const byPath = (one: { path: string }, other: { path: string }) => (one.path < other.path ? -1 : 1)
    expect(shown.map(({ name, text }) => ({ path: name, text })).toSorted(byPath)).toEqual(printed.toSorted(byPath))
  })

  test.each(inlineCommands('upstreams'))('%s is a command, and has these flags', async (text) => {
    const words = text.split(' ').slice(1)
    const named = words.slice(0, 2).filter((word) => /^[a-z][a-z-]*$/.test(word))
    const { code, all } = await run([process.execPath, `${ROOT}src/main.ts`, ...named, '--help'])
    expect(code, all).toBe(0)
    expect(all).toStartWith(`Usage: berth ${named.join(' ')} `)
    for (const flag of words.filter((word) => word.startsWith('--'))) expect(all).toContain(flag)
  })
})

const PROGRAMS = [...MIRROR_PROGRAMS, 'docker', 'dockerd', 'containerd', 'podman', 'curl', 'bash']

/** What stands for registries that are out there, and what they hold. */
const UPSTREAMS = {
  'docker.io': ['library/nginx:1'],
  'vendor.example.net': ['acme/app:1'],
  'old.example.com': ['team/app:1', 'team/web:1'],
}

describeClient('upstreams, by docs/upstreams.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  const storage = useContainersStorage(folder)
  const registries = new Map<string, { readonly registry: DockerRegistry; readonly door: WatchedUpstream }>()
  const doorOf = (name: string) => {
    const found = registries.get(name)
    if (found === undefined) throw new Error(`nothing plays ${name}`)
    return found.door
  }
  const hostOf = (name: string) => new URL(doorOf(name).url).host

  beforeAll(async () => {
    for (const [name, images] of Object.entries(UPSTREAMS)) {
      const registry = await startDockerRegistry({ filesystem: { rootdirectory: await folder.make(name) } })
      registries.set(name, { registry, door: watch(registry.url) })
      for (const image of images) {
        const { reference } = await smallImage(await folder.make(crypto.randomUUID()))
        const target = `docker://${new URL(registry.url).host}/${image}`
        await must([program('skopeo'), 'copy', '--quiet', '--dest-tls-verify=false', reference, target])
      }
    }
  }, 60_000)
  afterAll(async () => {
    for (const { registry, door } of registries.values()) {
      await door.close()
      await registry.stop()
    }
  })

  const guide = useGuideServer(folder, {
    hosts: () =>
      Object.fromEntries(['vendor.example.net', 'old.example.com'].map((name) => [name, hostOf(name)] as const)),
    files: { 'vendor.password': 'the password of us' },
  })
  beforeAll(() => guide.setEnv({ ...docker.env, ...storage }))

  const follow = (title: string, name: string) => {
    for (const step of steps(section(title, 'upstreams'), name)) test(`$ ${step.command}`, () => guide.follow(step))
  }

  async function works(command: string): Promise<string> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).toBe(0)
    return ran.all.trimEnd()
  }

  describe('a cache of one registry', () => {
    follow('A cache of one registry', 'cache')
    test('here a docker-registry plays Docker Hub', async () => {
      await works(`berth remote set docker.io --url ${doorOf('docker.io').url} --allow-private --trusted-host none`)
      expect(await works('berth remote test docker.io')).toBe('"docker.io" is there.')
    })
    follow('A cache of one registry', 'pull')
  })

  describe('a mirror', () => follow('A mirror: names stay as they are', 'mirror'))

  describe('one name over several upstreams', () => {
    follow('One name over several upstreams', 'several')
    test('the vendor was never asked for what is not its own', () => {
      expect(doorOf('vendor.example.net').log().join('\n')).not.toContain('library')
      expect(doorOf('docker.io').log().join('\n')).not.toContain('acme')
    })
  })

  describe('when the upstream is down', () => {
    beforeAll(async () => {
      await works('berth source set 1 --fresh 0s')
      doorOf('docker.io').instead(() => new Response('', { status: 503 }))
    })
    afterAll(() => doorOf('docker.io').instead(undefined))
    follow('How old an answer may be', 'stale')
    test('docker pulls what was there', async () => {
      await works('docker rmi registry.example.com/hub/library/nginx:1')
      await works('docker pull registry.example.com/hub/library/nginx:1')
    })
  })

  describe('credentials and limits', () => follow('Credentials, limits, budgets', 'remotes'))

  describe('leaving an old registry', () => {
    follow('Leaving an old registry', 'drain')
    test('everything is here', async () => {
      doorOf('old.example.com').forget()
      for (const name of ['team/app', 'team/web']) {
        const digest = await works(`skopeo inspect --format '{{.Digest}}' docker://registry.example.com/${name}:1`)
        expect(digest).toStartWith('sha256:')
      }
      expect(doorOf('old.example.com').asked).toEqual([])
    })
  })

  describe('what is kept', () => follow('What is kept, and for how long', 'keep'))
})
