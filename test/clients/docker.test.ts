import { expect, test } from 'bun:test'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { smallImage, twoPlatforms } from './support/images.ts'
import type { Layout } from './support/layout.ts'
import { digestsOf, download, expectServed } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useWire } from './support/recording-proxy.ts'
import { useServer } from './support/server.ts'

describeClient('docker', ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox', 'debootstrap'], () => {
  const server = useServer()
  const wire = useWire(server)
  const folder = useFolder()
  const docker = useDocker(folder)

  test('pushes a real image, pulls it back and runs it', async () => {
    const layout = await realImage()
    const name = `${server.host}/docker/debian:v1`
    await load(layout, name)
    await docker('push', name)
    const { root, all } = await download({ url: server.url, repository: 'docker/debian' }, 'v1')
    expect(all).toHaveLength(layout.blobs.length)
    const pushed = await docker('image', 'inspect', '--format', '{{.Id}}', name)
    expect(all.map((one) => one.digest)).toContain(pushed)
    await docker('image', 'rm', name)

    await docker('pull', name)
    expect(await docker('image', 'inspect', '--format', '{{.Id}}', name)).toBe(pushed)
    expect(await layersOf(name)).toEqual(layout.diffIds)
    expect(await docker('image', 'inspect', '--format', '{{json .RepoDigests}}', name)).toContain(root.digest)
    expect(await docker('run', '--rm', '--network', 'none', name, 'cat', '/etc/debian_version')).toMatch(/^12\./)
    await docker('image', 'rm', name)
  })

  test('pulls the real image that another client pushed, by tag and by digest', async () => {
    const layout = await realImage()
    await pushOther(layout, 'docker/other:v1')
    const byDigest = `${server.host}/docker/other@${layout.root.digest}`
    for (const name of [`${server.host}/docker/other:v1`, byDigest]) {
      await docker('pull', name)
      expect(await layersOf(name)).toEqual(layout.diffIds)
    }
    await docker('image', 'rm', `${server.host}/docker/other:v1`)
  })

  test('mounts layers from another repository instead of sending them again', async () => {
    const layout = await smallImage(await folder.make('mounted'))
    const [from, to] = [`${wire.host}/docker/from:v1`, `${wire.host}/docker/nested/to:v1`]
    await load(layout, from)
    wire.takeSentBytes()
    await docker('push', from)
    expect(wire.takeSentBytes()).toBeGreaterThan(500_000)

    wire.takeRequests()
    await docker('tag', from, to)
    expect(await docker('push', to)).toContain('Mounted from docker/from')
    expect(wire.takeRequests().filter((line) => line.includes('mount=') && line.includes('from='))).toHaveLength(2)
    expect(wire.takeSentBytes()).toBeLessThan(50_000)
    const there = await download({ url: server.url, repository: 'docker/nested/to' }, 'v1')
    const here = await download({ url: server.url, repository: 'docker/from' }, 'v1')
    expect(there).toEqual(here)
  })

  test('pushes nothing that is there already', async () => {
    const name = `${wire.host}/docker/again:v1`
    await load(await smallImage(await folder.make('again')), name)
    await docker('push', name)
    wire.takeSentBytes()
    expect(await docker('push', name)).toContain('Layer already exists')
    expect(wire.takeSentBytes()).toBeLessThan(50_000)
  })

  test('pulls the platform it is asked for from an index', async () => {
    const layout = await twoPlatforms(await folder.make('index'))
    await pushOther(layout, 'docker/index:v1')
    const name = `${server.host}/docker/index:v1`
    await docker('pull', name)
    expect(await layersOf(name)).toEqual(layout.diffIds)
    await docker('pull', '--platform', 'linux/arm64', name)
    expect(await docker('image', 'inspect', '--format', '{{.Architecture}}', name)).toBe('arm64')
    await expectServed({ url: server.url, repository: 'docker/index' }, 'v1', layout)
  })

  test('pushes an index with docker manifest', async () => {
    // Of images that docker itself pushed: Debian's release writes every other manifest anew, with another digest.
    const parts = ['amd64', 'arm64'].map((platform) => `${server.host}/docker/platforms:${platform}`)
    for (const part of parts) {
      const architecture = part.endsWith('arm64') ? 'arm64' : 'amd64'
      await load(await smallImage(await folder.make(`list-${architecture}`), architecture), part)
      await docker('push', part)
      await docker('image', 'rm', part)
    }
    const name = `${server.host}/docker/list:v1`
    await docker('manifest', 'create', '--insecure', name, ...parts)
    const printed = await docker('manifest', 'push', '--insecure', name)
    const pushed = await download({ url: server.url, repository: 'docker/list' }, 'v1')
    expect(printed).toContain(pushed.root.digest)
    for (const platform of ['amd64', 'arm64']) {
      const { all } = await download({ url: server.url, repository: 'docker/platforms' }, platform)
      expect(digestsOf(pushed.all)).toEqual(expect.arrayContaining(digestsOf(all)))
      await docker('pull', '--platform', `linux/${platform}`, name)
      expect(await docker('image', 'inspect', '--format', '{{.Architecture}}', name)).toBe(platform)
    }
  })

  test('says what is missing', async () => {
    const missing = docker.command('pull', `${server.host}/docker/never:v1`)
    expect(await mustFail(missing, docker)).toMatch(/not found|manifest unknown|name unknown/)
  })

  async function load(layout: Layout, name: string): Promise<void> {
    const archive = `${layout.root.digest.slice(7)}.tar`
    await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${folder.at(archive)}:${name}`])
    await docker('load', '--input', folder.at(archive))
  }

  const pushOther = (layout: Layout, name: string) =>
    must([
      program('skopeo'),
      'copy',
      '--all',
      '--preserve-digests',
      '--dest-tls-verify=false',
      layout.reference,
      `docker://${server.host}/${name}`,
    ])

  const layersOf = async (name: string) =>
    JSON.parse(await docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', name)) as readonly string[]
})
