/** What docker and podman find, and what they do not. */
import { expect, test } from 'bun:test'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { type Server, useServer } from './support/server.ts'
import { ALICE, ALICE_PAIR, withUsers } from './support/users.ts'

const PROGRAMS = ['docker', 'dockerd', 'containerd', 'podman', 'skopeo', 'busybox', 'htpasswd']

describeClient('search', PROGRAMS, () => {
  const folder = useFolder()
  const closed = useServer({ args: () => withUsers(folder) })
  const readable = useServer({ args: () => withUsers(folder, '--anonymous', 'pull') })
  const docker = useDocker(folder)
  const env = useContainersStorage(folder)
  const podman = (...args: readonly string[]) =>
    must([program('podman'), 'search', '--tls-verify=false', ...args], { env })

  test('docker finds what it may pull, signed in and not', async () => {
    await push(closed, 'team/web-shop', 'team/web-api', 'team/other')
    expect(await docker('search', `${closed.host}/web`)).not.toContain('web')
    await must(docker.command('login', '--username', ALICE.username, '--password-stdin', closed.host), {
      env: docker.env,
      stdin: ALICE.password,
    })
    const found = await docker('search', '--format', '{{.Name}}', `${closed.host}/web`)
    expect(found.trim().split('\n').sort()).toEqual(['team/web-api', 'team/web-shop'])
    expect((await docker('search', '--limit', '1', '--format', '{{.Name}}', `${closed.host}/web`)).trim()).toBe(
      'team/web-api',
    )
    await docker('logout', closed.host)
    expect(await docker('search', `${closed.host}/web`)).not.toContain('web')
  }, 120_000)

  test('docker finds without signing in what everybody may pull', async () => {
    await push(readable, 'open/web')
    expect(await docker('search', '--format', '{{.Name}}', `${readable.host}/web`)).toBe('open/web')
  }, 120_000)

  test('podman finds what it may pull, signed in and not', async () => {
    await push(closed, 'team/pod-shop')
    expect(await mustFail([program('podman'), 'search', '--tls-verify=false', `${closed.host}/pod`], { env })).toMatch(
      /unauthorized|authentication required|denied/i,
    )
    const login = ['login', '--tls-verify=false', '--username', ALICE.username, '--password', ALICE.password]
    await must([program('podman'), ...login, closed.host], { env })
    expect(await podman('--format', '{{.Name}}', `${closed.host}/pod`)).toBe(`${closed.host}/team/pod-shop`)
    expect(await podman('--list-tags', `${closed.host}/team/pod-shop`)).toMatch(/team\/pod-shop\s+v1/)
    await must([program('podman'), 'logout', closed.host], { env })
  }, 120_000)

  async function push(server: Server, ...names: readonly string[]): Promise<void> {
    const layout = await smallImage(await folder.make(crypto.randomUUID()))
    for (const name of names) {
      const to = ['--dest-tls-verify=false', '--dest-creds', ALICE_PAIR]
      await must([program('skopeo'), 'copy', ...to, layout.reference, `docker://${server.host}/${name}:v1`])
    }
  }
})
