import { expect, test } from 'bun:test'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { expectServed } from './support/raw.ts'
import { useServer } from './support/server.ts'
import { ALICE, ALICE_PAIR, withUsers } from './support/users.ts'

const DENIED = /unauthorized|authentication required|denied|invalid username\/password/i

describeClient('podman and skopeo, signing in', ['podman', 'skopeo', 'busybox', 'htpasswd'], () => {
  const folder = useFolder()
  const closed = useServer({ args: () => withUsers(folder) })
  const readable = useServer({ args: () => withUsers(folder, '--anonymous', 'pull') })
  const env = useContainersStorage(folder)
  const run = (name: string, ...args: readonly string[]) => must([program(name), ...args], { env })
  const refusal = (name: string, ...args: readonly string[]) => mustFail([program(name), ...args], { env })

  test('podman is refused a wrong password', async () => {
    const args = ['login', '--tls-verify=false', '--username', ALICE.username, '--password', 'wrong', closed.host]
    expect(await refusal('podman', ...args)).toMatch(DENIED)
  })

  test('podman signs in, pushes, pulls and signs out', async () => {
    const layout = await smallImage(await folder.make('podman'))
    const name = `${closed.host}/podman/private:v1`
    const id = await run('podman', 'pull', '--quiet', layout.reference)
    const push = ['push', '--tls-verify=false', id, `docker://${name}`]
    expect(await refusal('podman', ...push)).toMatch(DENIED)
    await signIn(closed.host)
    await run('podman', ...push)
    expect(await run('podman', 'pull', '--quiet', '--tls-verify=false', name)).toBe(id)
    await run('podman', 'logout', closed.host)
    expect(await refusal('podman', 'pull', '--tls-verify=false', name)).toMatch(DENIED)
  })

  test('skopeo uses the sign-in that podman left, and credentials of its own', async () => {
    const layout = await smallImage(await folder.make('skopeo'))
    const name = `docker://${closed.host}/skopeo/private`
    const copy = ['copy', '--dest-tls-verify=false', '--preserve-digests']
    expect(await refusal('skopeo', ...copy, layout.reference, `${name}:v1`)).toMatch(DENIED)
    await signIn(closed.host)
    await run('skopeo', ...copy, layout.reference, `${name}:v1`)
    await run('podman', 'logout', closed.host)
    await run('skopeo', ...copy, '--dest-creds', ALICE_PAIR, layout.reference, `${name}:v2`)
    const place = { url: closed.url, repository: 'skopeo/private', credentials: ALICE }
    await expectServed(place, 'v1', layout)
    await expectServed(place, 'v2', layout)
    expect(await run('skopeo', 'list-tags', '--tls-verify=false', '--creds', ALICE_PAIR, name)).toContain('"v2"')
    await run('skopeo', 'delete', '--tls-verify=false', '--creds', ALICE_PAIR, `${name}:v2`)
    expect(await refusal('skopeo', 'inspect', '--tls-verify=false', `${name}:v1`)).toMatch(DENIED)
    const wrong = `${ALICE.username}:wrong`
    expect(await refusal('skopeo', 'inspect', '--tls-verify=false', '--creds', wrong, `${name}:v1`)).toMatch(DENIED)
  })

  test('both pull without signing in next to private pushes', async () => {
    const layout = await smallImage(await folder.make('public'))
    const name = `docker://${readable.host}/public/image:v1`
    const copy = ['copy', '--dest-tls-verify=false', '--preserve-digests']
    expect(await refusal('skopeo', ...copy, layout.reference, name)).toMatch(DENIED)
    await run('skopeo', ...copy, '--dest-creds', ALICE_PAIR, layout.reference, name)
    await expectServed({ url: readable.url, repository: 'public/image' }, 'v1', layout)
    await run('skopeo', 'copy', '--src-tls-verify=false', name, `dir:${folder.at('pulled')}`)
    await run('podman', 'pull', '--quiet', '--tls-verify=false', name)
    expect(await run('skopeo', 'list-tags', '--tls-verify=false', `docker://${readable.host}/public/image`)).toContain(
      'v1',
    )
    expect(await refusal('skopeo', 'delete', '--tls-verify=false', name)).toMatch(DENIED)
  })

  const signIn = (host: string) =>
    run('podman', 'login', '--tls-verify=false', '--username', ALICE.username, '--password', ALICE.password, host)
})
