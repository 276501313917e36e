import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { randomImage, smallImage, twoPlatforms } from './support/images.ts'
import { type Descriptor, digestOfFile, INDEX, type Layout } from './support/layout.ts'
import { download, expectExported, expectServed } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useWire } from './support/recording-proxy.ts'
import { useServer } from './support/server.ts'

describeClient('skopeo', ['skopeo', 'busybox', 'debootstrap'], () => {
  const server = useServer()
  const wire = useWire(server)
  const folder = useFolder()
  const skopeo = (...args: readonly string[]) => must([program('skopeo'), ...args])
  const push = (layout: Layout, repository: string, ...args: readonly string[]) =>
    skopeo('copy', '--dest-tls-verify=false', ...args, layout.reference, `docker://${server.host}/${repository}`)

  /** Pulls into a `dir:` export and compares each of its files with what was pushed. */
  async function pullAndCompare(layout: Layout, repository: string) {
    const to = folder.at(createHash('sha256').update(repository).digest('hex'))
    await skopeo('copy', '--all', '--src-tls-verify=false', `docker://${server.host}/${repository}`, `dir:${to}`)
    await expectExported(layout, (blob) => join(to, exportedName(layout, blob)))
  }

  test('pushes and pulls a real image, byte for byte', async () => {
    const layout = await realImage()
    await push(layout, 'skopeo/debian:v1', '--preserve-digests')
    await expectServed({ url: server.url, repository: 'skopeo/debian' }, 'v1', layout)
    await pullAndCompare(layout, 'skopeo/debian:v1')
    await pullAndCompare(layout, `skopeo/debian@${layout.root.digest}`)
  })

  test('pushes and pulls an index of two platforms, byte for byte', async () => {
    const layout = await twoPlatforms(await folder.make('index'))
    await push(layout, 'skopeo/index:v1', '--all', '--preserve-digests')
    await expectServed({ url: server.url, repository: 'skopeo/index' }, 'v1', layout)
    await pullAndCompare(layout, 'skopeo/index:v1')
    const arm = ['--override-arch', 'arm64', '--tls-verify=false', '--format', '{{.Architecture}}']
    expect(await skopeo('inspect', ...arm, `docker://${server.host}/skopeo/index:v1`)).toBe('arm64')
  })

  test('copies between repositories of one registry, and sends no layer again', async () => {
    const layout = await twoPlatforms(await folder.make('copied'))
    const [from, to] = [`docker://${wire.host}/skopeo/from:v1`, `docker://${wire.host}/skopeo/to:v2`]
    await skopeo('copy', '--dest-tls-verify=false', '--all', '--preserve-digests', layout.reference, from)
    wire.takeSentBytes()
    const both = ['--src-tls-verify=false', '--dest-tls-verify=false', '--all', '--preserve-digests']
    await skopeo('copy', ...both, from, to)
    expect(wire.takeSentBytes()).toBeLessThan(50_000)
    await expectServed({ url: server.url, repository: 'skopeo/to' }, 'v2', layout)
  })

  test('converts to the Docker formats on the way in', async () => {
    const layout = await twoPlatforms(await folder.make('docker-format'))
    await push(layout, 'skopeo/v2s2:v1', '--all', '--format', 'v2s2')
    const { root } = await download({ url: server.url, repository: 'skopeo/v2s2' }, 'v1')
    expect(root.mediaType).toBe('application/vnd.docker.distribution.manifest.list.v2+json')
  })

  test('pushes layers compressed with zstd and pulls them back', async () => {
    const layout = await randomImage(await folder.make('zstd'), 100_000)
    const name = `docker://${server.host}/skopeo/zstd:v1`
    const plain = `dir:${folder.at('plain')}`
    await skopeo('copy', '--dest-decompress', layout.reference, plain)
    const zstd = ['--format=oci', '--dest-compress-format=zstd']
    await skopeo('copy', '--dest-tls-verify=false', ...zstd, plain, name)
    const { root, all } = await download({ url: server.url, repository: 'skopeo/zstd' }, 'v1')
    expect(all.map((one) => one.mediaType)).toContain('application/vnd.oci.image.layer.v1.tar+zstd')
    const to = folder.at('pulled')
    await skopeo('copy', '--src-tls-verify=false', name, `dir:${to}`)
    expect(await digestOfFile(join(to, 'manifest.json'))).toEqual({ digest: root.digest, size: root.size })
  })

  test('lists tags, and deletes an image by its tag', async () => {
    const kept = await smallImage(await folder.make('kept'))
    const gone = await smallImage(await folder.make('gone'))
    for (const tag of ['v1', 'v2', 'latest']) await push(kept, `skopeo/tags:${tag}`, '--preserve-digests')
    await push(gone, 'skopeo/tags:gone', '--preserve-digests')
    expect(await tagsOf('skopeo/tags')).toEqual(['gone', 'latest', 'v1', 'v2'])
    await skopeo('delete', '--tls-verify=false', `docker://${server.host}/skopeo/tags:gone`)
    expect(await tagsOf('skopeo/tags')).toEqual(['latest', 'v1', 'v2'])
    await mustFail([program('skopeo'), 'inspect', '--tls-verify=false', `docker://${server.host}/skopeo/tags:gone`])
    await expectServed({ url: server.url, repository: 'skopeo/tags' }, 'v1', kept)
  })

  test('says that a repository or a tag is not there', async () => {
    const inspect = (name: string) =>
      mustFail([program('skopeo'), 'inspect', '--tls-verify=false', `docker://${server.host}/${name}`])
    expect(await inspect('skopeo/never:v1')).toMatch(/unknown/)
    expect(await inspect('skopeo/tags:never')).toMatch(/unknown/)
  })

  test('mirrors a repository with sync', async () => {
    const layout = await smallImage(await folder.make('synced'))
    await push(layout, 'skopeo/synced:v1', '--preserve-digests')
    await push(layout, 'skopeo/synced:v2', '--preserve-digests')
    const to = await folder.make('mirror')
    const from = `${server.host}/skopeo/synced`
    await skopeo('sync', '--src-tls-verify=false', '--src', 'docker', '--dest', 'dir', from, to)
    for (const tag of ['v1', 'v2']) {
      await expectExported(layout, (blob) => join(to, `synced:${tag}`, exportedName(layout, blob)))
    }
  })

  async function tagsOf(repository: string): Promise<readonly string[]> {
    const listed = await skopeo('list-tags', '--tls-verify=false', `docker://${server.host}/${repository}`)
    return (JSON.parse(listed) as { Tags: readonly string[] }).Tags
  }
})

/** How a `dir:` export names a blob: bare hex, `manifest.json` for the root, `HEX.manifest.json` below an index. */
function exportedName(layout: Layout, blob: Descriptor): string {
  const hex = blob.digest.replace('sha256:', '')
  if (blob.digest === layout.root.digest) return 'manifest.json'
  const isChild = layout.root.mediaType === INDEX && blob.mediaType.endsWith('image.manifest.v1+json')
  return isChild ? `${hex}.manifest.json` : hex
}
