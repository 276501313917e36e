import { expect, test } from 'bun:test'
import { describeClient, program, which } from './support/clients.ts'
import { must } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useFolder } from './support/folder.ts'
import { randomImage } from './support/images.ts'
import type { Layout } from './support/layout.ts'
import { download, expectServed } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useServer } from './support/server.ts'

describeClient('several clients at once', ['skopeo', 'podman', 'buildah', 'debootstrap'], () => {
  const folder = useFolder()
  const server = useServer()
  const env = useContainersStorage(folder)
  const run = (name: string, ...args: readonly string[]) => must([program(name), ...args], { env })

  test('push the same layers into one repository and into others', async () => {
    const layout = await realImage()
    const names = ['same:a', 'same:b', 'same:c', 'other-one:v1', 'other-two:v1']
    await Promise.all([...names.map((name) => skopeo(layout, name)), ...goClients(layout)])
    for (const name of names) {
      const [repository, tag] = split(name)
      await expectServed({ url: server.url, repository }, tag, layout)
    }
    if (which('crane')) await expectServed({ url: server.url, repository: 'concurrent/same' }, 'crane', layout)
    if (which('regctl')) await expectServed({ url: server.url, repository: 'concurrent/same' }, 'regctl', layout)
  })

  test('push one tag at once: the tag names one of the two images, whole', async () => {
    const one = await randomImage(await folder.make('one'), 4_000_000)
    const two = await randomImage(await folder.make('two'), 4_000_000)
    await Promise.all([one, two, one, two].map((layout) => skopeo(layout, 'raced:v1')))
    const { root } = await download({ url: server.url, repository: 'concurrent/raced' }, 'v1')
    expect([one.root.digest, two.root.digest]).toContain(root.digest)
    await expectServed({ url: server.url, repository: 'concurrent/raced' }, one.root.digest, one)
    await expectServed({ url: server.url, repository: 'concurrent/raced' }, two.root.digest, two)
  })

  test('compress the same layers anew, and push them', async () => {
    const layout = await randomImage(await folder.make('recompressed'), 20_000_000)
    const id = await run('podman', 'pull', '--quiet', layout.reference)
    const podman = ['push', '--tls-verify=false', id]
    const names = ['podman:v1', 'podman:v2', 'podman-two:v1']
    await Promise.all([
      ...names.map((name) => run('podman', ...podman, `docker://${server.host}/concurrent/${name}`)),
      run('buildah', ...podman, `docker://${server.host}/concurrent/podman:v3`),
    ])
    for (const name of [...names, 'podman:v3']) {
      const [repository, tag] = split(name)
      const { all } = await download({ url: server.url, repository }, tag)
      expect(all.map((one) => one.digest)).toContain(`sha256:${id}`)
    }
  })

  test('pull while others push', async () => {
    const layout = await realImage()
    await skopeo(layout, 'busy:v1')
    const pushed = await randomImage(await folder.make('busy'), 4_000_000)
    const pull = (to: string) =>
      run(
        'skopeo',
        'copy',
        '--src-tls-verify=false',
        `docker://${server.host}/concurrent/busy:v1`,
        `dir:${folder.at(to)}`,
      )
    await Promise.all([pull('a'), skopeo(pushed, 'busy:v2'), pull('b'), skopeo(pushed, 'busy:v3'), pull('c')])
    await expectServed({ url: server.url, repository: 'concurrent/busy' }, 'v2', pushed)
  })

  const skopeo = (layout: Layout, name: string) => {
    const copy = ['copy', '--preserve-digests', '--dest-tls-verify=false']
    return run('skopeo', ...copy, layout.reference, `docker://${server.host}/concurrent/${name}`)
  }

  /** Those that are there join in; their own files say so when one is missing. */
  function goClients(layout: Layout): Promise<string>[] {
    const crane = which('crane')
    const regctl = which('regctl')
    const name = `${server.host}/concurrent/same`
    const copy = ['image', 'copy', '--host', `reg=${server.host},tls=disabled`]
    return [
      ...(crane ? [must([crane, 'push', layout.folder, `${name}:crane`])] : []),
      ...(regctl ? [must([regctl, ...copy, `ocidir://${layout.folder}:v1`, `${name}:regctl`])] : []),
    ]
  }
})

function split(name: string): [repository: string, tag: string] {
  const [repository = '', tag = ''] = name.split(':')
  return [`concurrent/${repository}`, tag]
}
