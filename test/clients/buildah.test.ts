import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { describeClient, program } from './support/clients.ts'
import { must } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useFolder } from './support/folder.ts'
import { twoPlatforms } from './support/images.ts'
import { isConfig } from './support/layout.ts'
import { digestsOf, download } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useServer } from './support/server.ts'

describeClient('buildah', ['buildah', 'busybox', 'debootstrap'], () => {
  const server = useServer()
  const folder = useFolder()
  const env = useContainersStorage(folder)
  const buildah = (...args: readonly string[]) => must([program('buildah'), ...args], { env, cwd: folder.path })

  test('pushes a real image, and pulls it back', async () => {
    const layout = await realImage()
    const name = `${server.host}/buildah/debian:v1`
    const id = await buildah('pull', '--quiet', layout.reference)
    await buildah('push', '--tls-verify=false', id, `docker://${name}`)
    const { all } = await download({ url: server.url, repository: 'buildah/debian' }, 'v1')
    expect(all.map((one) => one.digest)).toContain(`sha256:${id}`)
    await buildah('rmi', '--force', id)
    expect(await buildah('pull', '--quiet', '--tls-verify=false', name)).toBe(id)
    const image = JSON.parse(await buildah('inspect', '--type=image', name)) as {
      OCIv1: { rootfs: { diff_ids: string[] } }
    }
    expect(image.OCIv1.rootfs.diff_ids).toEqual([...layout.diffIds])
    await buildah('rmi', '--force', id)
  })

  test('builds on an image it pulls, and pushes what it built', async () => {
    const base = await twoPlatforms(await folder.make('base'))
    const baseName = `${server.host}/buildah/base:v1`
    await buildah(
      'push',
      '--tls-verify=false',
      await buildah('pull', '--quiet', base.reference),
      `docker://${baseName}`,
    )
    await buildah('rmi', '--all', '--force')
    await writeFile(folder.at('hello'), 'hello\n')
    await writeFile(folder.at('Dockerfile'), `FROM ${baseName}\nCOPY hello /hello\n`)
    const name = `${server.host}/buildah/built:v1`
    await buildah('bud', '--tls-verify=false', '--layers', '--tag', name, folder.path)
    await buildah('push', '--tls-verify=false', name)
    const { all } = await download({ url: server.url, repository: 'buildah/built' }, 'v1')
    expect(all).toHaveLength(5)
  })

  test('pushes an index of two platforms', async () => {
    const layout = await twoPlatforms(await folder.make('index'))
    await buildah('manifest', 'create', 'two')
    await buildah('manifest', 'add', '--all', 'two', layout.reference)
    const name = `docker://${server.host}/buildah/index:v1`
    await buildah('manifest', 'push', '--all', '--tls-verify=false', 'two', name)
    const { all } = await download({ url: server.url, repository: 'buildah/index' }, 'v1')
    expect(digestsOf(all)).toEqual(expect.arrayContaining(digestsOf(layout.blobs.filter(isConfig))))
    await buildah('pull', '--quiet', '--tls-verify=false', '--arch', 'arm64', name)
  })
})
