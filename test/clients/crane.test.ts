import { expect, test } from 'bun:test'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { smallImage, twoPlatforms } from './support/images.ts'
import { expectLayout, expectServed } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useWire } from './support/recording-proxy.ts'
import { useServer } from './support/server.ts'
import { ALICE, withUsers } from './support/users.ts'

describeClient('crane', ['crane', 'busybox', 'debootstrap', 'htpasswd'], () => {
  const folder = useFolder()
  const server = useServer()
  const closed = useServer({ args: () => withUsers(folder) })
  const wire = useWire(server)
  const env = { DOCKER_CONFIG: folder.at('logins') }
  const command = (...args: readonly string[]) => [program('crane'), ...args]
  const crane = (...args: readonly string[]) => must(command(...args), { env })

  test('pushes and pulls a real image, byte for byte', async () => {
    const layout = await realImage()
    const name = `${server.host}/crane/debian:v1`
    await crane('push', layout.folder, name)
    await expectServed({ url: server.url, repository: 'crane/debian' }, 'v1', layout)
    await crane('pull', '--format=oci', name, folder.at('debian'))
    await expectLayout(folder.at('debian'), layout)
    await crane('validate', '--remote', name)
    expect(await crane('digest', name)).toBe(layout.root.digest)
  })

  test('pushes and pulls an index of two platforms, byte for byte', async () => {
    const layout = await twoPlatforms(await folder.make('index'))
    const name = `${server.host}/crane/index:v1`
    await crane('push', layout.folder, name)
    await expectServed({ url: server.url, repository: 'crane/index' }, 'v1', layout)
    await crane('pull', '--format=oci', name, folder.at('index-pulled'))
    await expectLayout(folder.at('index-pulled'), layout)
    await crane('validate', '--remote', name)
    expect(await crane('config', '--platform', 'linux/arm64', name)).toContain('"arm64"')
  })

  test('copies to another repository by mounting, and appends a layer', async () => {
    const layout = await smallImage(await folder.make('copied'))
    await crane('push', layout.folder, `${wire.host}/crane/from:v1`)
    wire.takeSentBytes()
    await crane('copy', `${wire.host}/crane/from:v1`, `${wire.host}/crane/to:v1`)
    expect(wire.takeSentBytes()).toBeLessThan(50_000)
    await expectServed({ url: server.url, repository: 'crane/to' }, 'v1', layout)
    await must(['tar', '-C', folder.path, '-cf', folder.at('layer.tar'), 'copied/oci-layout'])
    const [base, appended] = [`${server.host}/crane/to:v1`, `${server.host}/crane/to:v2`]
    await crane('append', '--base', base, '--new_layer', folder.at('layer.tar'), '--new_tag', appended)
    await crane('validate', '--remote', appended)
  })

  test('lists tags and repositories, and deletes by tag and by digest', async () => {
    const layout = await smallImage(await folder.make('tags'))
    const repository = `${server.host}/crane/tags`
    for (const tag of ['v1', 'v2', 'v10']) await crane('push', layout.folder, `${repository}:${tag}`)
    await crane('tag', `${repository}:v1`, 'latest')
    expect((await crane('ls', repository)).split('\n')).toEqual(['latest', 'v1', 'v10', 'v2'])
    expect((await crane('catalog', server.host)).split('\n')).toContain('crane/tags')
    await crane('delete', `${repository}:v1`)
    expect((await crane('ls', repository)).split('\n')).toEqual(['latest', 'v10', 'v2'])
    await crane('delete', `${repository}@${layout.root.digest}`)
    expect(await crane('ls', repository)).toBe('')
    expect(await mustFail(command('manifest', `${repository}:v2`), { env })).toContain('MANIFEST_UNKNOWN')
  })

  test('signs in, pushes and pulls through a token', async () => {
    const layout = await smallImage(await folder.make('private'))
    const name = `${closed.host}/crane/private:v1`
    expect(await mustFail(command('push', layout.folder, name), { env })).toMatch(/unauthorized/i)
    await crane('auth', 'login', closed.host, '--username', ALICE.username, '--password', 'wrong')
    expect(await mustFail(command('push', layout.folder, name), { env })).toMatch(/unauthorized/i)
    await crane('auth', 'login', closed.host, '--username', ALICE.username, '--password', ALICE.password)
    await crane('push', layout.folder, name)
    await crane('copy', name, `${closed.host}/crane/mounted:v1`)
    await expectServed({ url: closed.url, repository: 'crane/mounted', credentials: ALICE }, 'v1', layout)
    await crane('pull', '--format=oci', name, folder.at('private-pulled'))
    await expectLayout(folder.at('private-pulled'), layout)
  })
})
