import { expect, test } from 'bun:test'
import { describeClient } from './support/clients.ts'
import { must } from './support/command.ts'
import { useCri } from './support/cri.ts'
import { useContainerd } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { digestOfFile } from './support/layout.ts'
import { INDEX, MIRROR_PROGRAMS, SMALL, useMirror } from './support/mirror.ts'

const PROGRAMS = [...MIRROR_PROGRAMS, 'ctr', 'containerd', 'curl']

describeClient('containerd with a mirror', PROGRAMS, () => {
  const folder = useFolder()
  const mirror = useMirror(folder)
  const address = useContainerd(folder)
  const cri = useCri(folder, { hostsFolder: folder.at('etc/etc/containerd/certs.d') })

  const ctr = (...args: readonly string[]) => must([...address, ...args])

  async function pull(name: string, ...more: readonly string[]): Promise<void> {
    const hosts = `${await mirror.filesFor('containerd')}/etc/containerd/certs.d`
    await ctr('images', 'pull', '--hosts-dir', hosts, '--snapshotter', 'native', ...more, name)
  }

  async function expectStored(name: string): Promise<void> {
    for (const { digest, size } of mirror.layouts[name]?.blobs ?? []) {
      const path = folder.at('containerd-root', 'io.containerd.content.v1.content', 'blobs', ...digest.split(':'))
      expect(await digestOfFile(path)).toEqual({ digest, size })
    }
  }

  test('ctr pulls an image of Docker Hub by its own name', async () => {
    await pull(`docker.io/${SMALL}:v1`)
    await expectStored(SMALL)
    expect(mirror.upstream.log()).toContain(`GET /v2/${SMALL}/manifests/v1`)
  })

  test('and all platforms of an index', async () => {
    await pull(`docker.io/${INDEX}:v1`, '--all-platforms')
    await expectStored(INDEX)
  })

  test('a registry with a port is another namespace', async () => {
    await pull(`mirrored.test:5000/${SMALL}:v1`)
    const held = await fetch(`${mirror.server.url}/v2/mirrored/${SMALL}/manifests/v1`, { method: 'HEAD' })
    expect(held.headers.get('docker-content-digest')).toBe(mirror.layouts[SMALL]?.root.digest ?? '')
  })

  test('by CRI, as the kubelet asks, also what only the mirror still has', async () => {
    await mirror.filesFor('containerd')
    expect(await cri.pull(`docker.io/${INDEX}:v1`)).toEqual({ status: '0', message: '' })
    mirror.shut()
    mirror.upstream.forget()
    expect(await cri.pull(`docker.io/${SMALL}:v1`)).toEqual({ status: '0', message: '' })
    // By its short name, which the kubelet makes the long one of.
    expect(await cri.pull('small:v1')).toEqual({ status: '0', message: '' })
    expect(mirror.upstream.asked).toEqual([])
    mirror.upstream.instead(undefined)
  })

  test('what moved at the upstream is pulled within its fresh time as it was', async () => {
    const layout = await smallImage(await folder.make('moved'))
    await mirror.push(layout, `${SMALL}:v1`)
    mirror.upstream.forget()
    await ctr('images', 'rm', '--sync', `docker.io/${SMALL}:v1`)
    await pull(`docker.io/${SMALL}:v1`)
    await expectStored(SMALL)
    expect(mirror.upstream.asked).toEqual([])
    await mirror.push(mirror.layouts[SMALL] ?? layout, `${SMALL}:v1`)
  })
})
