import { expect, test } from 'bun:test'
import { describeClient } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useContainerd } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { smallImage, twoPlatforms } from './support/images.ts'
import { digestOfFile, type Layout } from './support/layout.ts'
import { expectServed } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useWire } from './support/recording-proxy.ts'
import { useServer } from './support/server.ts'

describeClient('ctr', ['ctr', 'containerd', 'busybox', 'debootstrap'], () => {
  const server = useServer()
  const wire = useWire(server)
  const folder = useFolder()
  const address = useContainerd(folder)
  const ctr = (...args: readonly string[]) => must([...address, ...args])

  test('pushes a real image and pulls it back, byte for byte', async () => {
    const layout = await realImage()
    const name = `${server.host}/ctr/debian:v1`
    await roundTrip(layout, name)
    await expectServed({ url: server.url, repository: 'ctr/debian' }, 'v1', layout)
    const byDigest = `${server.host}/ctr/debian@${layout.root.digest}`
    await ctr('images', 'pull', '--plain-http', '--snapshotter', 'native', byDigest)
    await ctr('images', 'rm', '--sync', byDigest)
  })

  test('pushes an index of two platforms and pulls it back, byte for byte', async () => {
    const layout = await twoPlatforms(await folder.make('index'))
    await roundTrip(layout, `${server.host}/ctr/index:v1`, '--all-platforms')
    await expectServed({ url: server.url, repository: 'ctr/index' }, 'v1', layout)
  })

  test('pushes the same image under a second tag and into a second repository', async () => {
    const layout = await smallImage(await folder.make('again'))
    await load(layout, `${server.host}/ctr/one:v1`)
    for (const name of ['one:v1', 'one:v2', 'two:v1']) {
      if (name !== 'one:v1') await ctr('images', 'tag', `${server.host}/ctr/one:v1`, `${server.host}/ctr/${name}`)
      await ctr('images', 'push', '--plain-http', `${server.host}/ctr/${name}`)
    }
    await expectServed({ url: server.url, repository: 'ctr/one' }, 'v2', layout)
    await expectServed({ url: server.url, repository: 'ctr/two' }, 'v1', layout)
  })

  test('mounts what it pulled from another repository instead of sending it', async () => {
    const layout = await smallImage(await folder.make('mounted'))
    const [from, to] = [`${wire.host}/ctr/from:v1`, `${wire.host}/ctr/to:v1`]
    await load(layout, from)
    await ctr('images', 'push', '--plain-http', from)
    await ctr('images', 'rm', '--sync', from)
    await ctr('images', 'pull', '--plain-http', '--snapshotter', 'native', from)
    await ctr('images', 'tag', from, to)
    wire.takeSentBytes()
    await ctr('images', 'push', '--plain-http', to)
    expect(wire.takeSentBytes()).toBeLessThan(50_000)
    await expectServed({ url: server.url, repository: 'ctr/to' }, 'v1', layout)
  })

  test('says what is missing', async () => {
    const pull = [...address, 'images', 'pull', '--plain-http', `${server.host}/ctr/never:v1`]
    expect(await mustFail(pull)).toContain('not found')
  })

  /** Pushes, forgets everything, pulls, and compares the content store with what was pushed. */
  async function roundTrip(layout: Layout, name: string, ...platforms: readonly string[]): Promise<void> {
    await load(layout, name, ...platforms)
    await ctr('images', 'push', '--plain-http', name)
    await ctr('images', 'rm', '--sync', name)
    expect(await ctr('content', 'ls', '--quiet')).toBe('')
    await ctr('images', 'pull', '--plain-http', '--snapshotter', 'native', ...platforms, name)
    for (const blob of layout.blobs) {
      const path = folder.at('containerd-root', 'io.containerd.content.v1.content', 'blobs', ...blob.digest.split(':'))
      expect(await digestOfFile(path)).toEqual({ digest: blob.digest, size: blob.size })
    }
    await ctr('images', 'rm', '--sync', name)
  }

  /** Every layout's tag is `v1`, and so is the name it gets. */
  async function load(layout: Layout, name: string, ...platforms: readonly string[]): Promise<void> {
    const tar = folder.at(`${layout.root.digest.slice(7)}.tar`)
    const base = name.replace(/:v1$/, '')
    await must(['tar', '-C', layout.folder, '-cf', tar, 'oci-layout', 'index.json', 'blobs'])
    await ctr('images', 'import', '--no-unpack', '--base-name', base, ...platforms, tar)
  }
})
