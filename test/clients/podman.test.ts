import { expect, test } from 'bun:test'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useFolder } from './support/folder.ts'
import { randomImage, twoPlatforms } from './support/images.ts'
import { isConfig } from './support/layout.ts'
import { digestsOf, download } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useServer } from './support/server.ts'

describeClient('podman', ['podman', 'busybox', 'debootstrap'], () => {
  const server = useServer()
  const folder = useFolder()
  const env = useContainersStorage(folder)
  const command = (...args: readonly string[]) => [program('podman'), ...args]
  const podman = (...args: readonly string[]) => must(command(...args), { env })

  test('pushes a real image, and pulls it back', async () => {
    const layout = await realImage()
    const name = `${server.host}/podman/debian:v1`
    const id = await podman('pull', '--quiet', layout.reference)
    await podman('push', '--tls-verify=false', '--digestfile', folder.at('digest'), id, `docker://${name}`)
    const { root, all } = await download({ url: server.url, repository: 'podman/debian' }, 'v1')
    expect(await Bun.file(folder.at('digest')).text()).toBe(root.digest)
    expect(all.map((one) => one.digest)).toContain(`sha256:${id}`)
    await podman('rmi', '--force', id)

    expect(await podman('pull', '--quiet', '--tls-verify=false', name)).toBe(id)
    expect(await podman('image', 'inspect', '--format', '{{.Digest}}', name)).toBe(root.digest)
    expect(await layersOf(name)).toEqual(layout.diffIds)
    const byDigest = `${server.host}/podman/debian@${root.digest}`
    expect(await podman('pull', '--quiet', '--tls-verify=false', byDigest)).toBe(id)
    await podman('rmi', '--force', id)
  })

  test.each(['zstd', 'zstd:chunked'])('pushes layers compressed with %s, and pulls them back', async (format) => {
    const layout = await randomImage(await folder.make(format.replace(':', '-')), 100_000)
    const name = `${server.host}/podman/zstd:v1`
    const id = await podman('pull', '--quiet', layout.reference)
    const push = ['push', '--tls-verify=false', '--compression-format', format, '--format', 'oci']
    await podman(...push, id, `docker://${name}`)
    const { all } = await download({ url: server.url, repository: 'podman/zstd' }, 'v1')
    expect(all.map((one) => one.mediaType)).toContain('application/vnd.oci.image.layer.v1.tar+zstd')
    await podman('rmi', '--force', id)
    await podman('pull', '--quiet', '--tls-verify=false', name)
    expect(await layersOf(name)).toEqual(layout.diffIds)
  })

  test('pushes an index of two platforms, and pulls one of them', async () => {
    const layout = await twoPlatforms(await folder.make('index'))
    const name = `${server.host}/podman/index:v1`
    await podman('manifest', 'create', 'two')
    await podman('manifest', 'add', '--all', 'two', layout.reference)
    await podman('manifest', 'push', '--all', '--tls-verify=false', 'two', `docker://${name}`)
    const { all } = await download({ url: server.url, repository: 'podman/index' }, 'v1')
    expect(digestsOf(all)).toEqual(expect.arrayContaining(digestsOf(layout.blobs.filter(isConfig))))
    await podman('pull', '--quiet', '--tls-verify=false', '--arch', 'arm64', name)
    expect(await podman('image', 'inspect', '--format', '{{.Architecture}}', name)).toBe('arm64')
  })

  test('searches for tags, and says what is missing', async () => {
    const listed = await podman('search', '--tls-verify=false', '--list-tags', `${server.host}/podman/debian`)
    expect(listed).toMatch(/podman\/debian\s+v1/)
    const missing = command('pull', '--tls-verify=false', `${server.host}/podman/never:v1`)
    expect(await mustFail(missing, { env })).toMatch(/unknown/)
  })

  const layersOf = async (name: string) =>
    JSON.parse(await podman('image', 'inspect', '--format', '{{json .RootFS.Layers}}', name)) as readonly string[]
})
