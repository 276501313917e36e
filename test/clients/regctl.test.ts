import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { randomImage, smallImage, twoPlatforms } from './support/images.ts'
import { expectLayout, expectServed } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useWire } from './support/recording-proxy.ts'
import { useServer } from './support/server.ts'
import { ALICE, withUsers } from './support/users.ts'

const SIGNATURE = 'application/vnd.example.signature'

describeClient('regctl', ['regctl', 'busybox', 'debootstrap', 'htpasswd'], () => {
  const folder = useFolder()
  const server = useServer()
  const closed = useServer({ args: () => withUsers(folder) })
  const wire = useWire(server)
  const options = { cwd: folder.path, env: { REGCTL_CONFIG: folder.at('regctl.json') } }
  const command = (...args: readonly string[]) => [program('regctl'), ...args]
  const regctl = (...args: readonly string[]) => must(command(...args), options)
  const plain = (host: string) => regctl('registry', 'set', '--tls', 'disabled', '--skip-check', host)

  test('copies images in and out of layouts, byte for byte', async () => {
    await plain(server.host)
    const images = { debian: await realImage(), index: await twoPlatforms(await folder.make('index')) }
    for (const [name, layout] of Object.entries(images)) {
      const remote = `${server.host}/regctl/${name}:v1`
      await regctl('image', 'copy', `ocidir://${layout.folder}:v1`, remote)
      await expectServed({ url: server.url, repository: `regctl/${name}` }, 'v1', layout)
      await regctl('image', 'copy', remote, `ocidir://${name}-pulled:v1`)
      await expectLayout(folder.at(`${name}-pulled`), layout)
      expect(await regctl('image', 'digest', remote)).toBe(layout.root.digest)
    }
  })

  test('sends a large blob in chunks', async () => {
    await regctl(
      'registry',
      'set',
      '--tls',
      'disabled',
      '--skip-check',
      '--blob-max',
      '1000',
      '--blob-chunk',
      '300000',
      wire.host,
    )
    const layout = await randomImage(await folder.make('chunks'), 1_000_000)
    wire.takeRequests()
    await regctl('image', 'copy', `ocidir://${layout.folder}:v1`, `${wire.host}/regctl/chunks:v1`)
    expect(wire.takeRequests().filter((line) => line.startsWith('PATCH ')).length).toBeGreaterThan(3)
    await expectServed({ url: server.url, repository: 'regctl/chunks' }, 'v1', layout)
  })

  test('mounts when it copies to another repository', async () => {
    const layout = await smallImage(await folder.make('mounted'))
    await plain(wire.host)
    await regctl('image', 'copy', `ocidir://${layout.folder}:v1`, `${wire.host}/regctl/from:v1`)
    wire.takeSentBytes()
    await regctl('image', 'copy', `${wire.host}/regctl/from:v1`, `${wire.host}/regctl/to:v1`)
    expect(wire.takeSentBytes()).toBeLessThan(50_000)
    await expectServed({ url: server.url, repository: 'regctl/to' }, 'v1', layout)
  })

  test('attaches an artifact to a subject and lists it', async () => {
    const layout = await smallImage(await folder.make('subject'))
    const name = `${server.host}/regctl/subject:v1`
    await regctl('image', 'copy', `ocidir://${layout.folder}:v1`, name)
    await writeFile(folder.at('signature'), 'signed\n')
    const put = ['artifact', 'put', '--artifact-type', SIGNATURE, '--subject', name]
    await regctl(...put, '--file', 'signature', '--file-media-type', 'text/plain')
    expect(await referrersOf(name, SIGNATURE)).toHaveLength(1)
    expect(await referrersOf(name, 'application/vnd.example.none')).toHaveLength(0)
    expect(await regctl('artifact', 'tree', name)).toContain(SIGNATURE)
    await regctl('image', 'copy', '--referrers', name, `${server.host}/regctl/subject-copy:v1`)
    expect(await referrersOf(`${server.host}/regctl/subject-copy:v1`, SIGNATURE)).toHaveLength(1)
  })

  test('lists tags and repositories, and deletes a tag and a manifest', async () => {
    const layout = await smallImage(await folder.make('tags'))
    const repository = `${server.host}/regctl/tags`
    for (const tag of ['v1', 'v2'])
      await regctl('image', 'copy', `ocidir://${layout.folder}:v1`, `${repository}:${tag}`)
    expect((await regctl('tag', 'ls', repository)).split('\n')).toEqual(['v1', 'v2'])
    expect((await regctl('repo', 'ls', server.host)).split('\n')).toContain('regctl/tags')
    await regctl('tag', 'rm', `${repository}:v1`)
    expect((await regctl('tag', 'ls', repository)).split('\n')).toEqual(['v2'])
    await expectServed({ url: server.url, repository: 'regctl/tags' }, 'v2', layout)
    await regctl('manifest', 'delete', `${repository}@${layout.root.digest}`)
    await mustFail(command('manifest', 'get', `${repository}:v2`), options)
  })

  test('signs in, pushes and pulls through a token', async () => {
    await plain(closed.host)
    const layout = await smallImage(await folder.make('private'))
    const name = `${closed.host}/regctl/private:v1`
    const push = ['image', 'copy', `ocidir://${layout.folder}:v1`, name]
    expect(await mustFail(command(...push), options)).toMatch(/unauthorized/i)
    const login = ['registry', 'login', '--user', ALICE.username, '--pass-stdin', closed.host]
    expect(await mustFail(command(...login), { ...options, stdin: 'wrong' })).toMatch(/unauthorized/i)
    await must(command(...login), { ...options, stdin: ALICE.password })
    await regctl(...push)
    await expectServed({ url: closed.url, repository: 'regctl/private', credentials: ALICE }, 'v1', layout)
    await regctl('image', 'copy', name, 'ocidir://private-pulled:v1')
    await expectLayout(folder.at('private-pulled'), layout)
  })

  async function referrersOf(name: string, type: string): Promise<readonly unknown[]> {
    const listed = await regctl('artifact', 'list', '--filter-artifact-type', type, '--format', '{{json .}}', name)
    return (JSON.parse(listed) as { descriptors: readonly unknown[] | null }).descriptors ?? []
  }
})
