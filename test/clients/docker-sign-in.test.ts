import { expect, test } from 'bun:test'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { download } from './support/raw.ts'
import { type Server, useServer } from './support/server.ts'
import { ALICE, withUsers } from './support/users.ts'

describeClient('docker, signing in', ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox', 'htpasswd'], () => {
  const folder = useFolder()
  const closed = useServer({ args: () => withUsers(folder) })
  const readable = useServer({ args: () => withUsers(folder, '--anonymous', 'pull') })
  const docker = useDocker(folder)

  test('refuses a wrong password and an unknown user', async () => {
    for (const [username, password] of [
      [ALICE.username, 'wrong'],
      ['mallory', ALICE.password],
    ] as const) {
      const refused = await mustFail(docker.command(...login(closed, username)), { env: docker.env, stdin: password })
      expect(refused).toMatch(/unauthorized|authentication required/)
    }
  })

  test('may do nothing without signing in', async () => {
    const name = await load(`${closed.host}/docker/private:v1`)
    expect(await refusal('push', name)).toMatch(/unauthorized|denied|no basic auth|authentication required/)
    expect(await refusal('pull', name)).toMatch(/unauthorized|denied|no basic auth|authentication required/)
  })

  test('signs in, pushes and pulls, and is locked out again after signing out', async () => {
    await signIn(closed)
    const name = await load(`${closed.host}/docker/private:v2`)
    await docker('push', name)
    await docker('image', 'rm', name)
    await docker('pull', name)
    await download({ url: closed.url, repository: 'docker/private', credentials: ALICE }, 'v2')
    await docker('logout', closed.host)
    await docker('image', 'rm', name)
    expect(await refusal('pull', name)).toMatch(/unauthorized|denied|no basic auth|authentication required/)
  })

  test('mounts layers from a repository that it may pull', async () => {
    await signIn(closed)
    const from = await load(`${closed.host}/docker/from:v1`)
    await docker('push', from)
    const to = `${closed.host}/docker/to:v1`
    await docker('tag', from, to)
    expect(await docker('push', to)).toContain('Mounted from docker/from')
    await docker('logout', closed.host)
  })

  test('pulls without signing in next to private pushes', async () => {
    const name = await load(`${readable.host}/docker/public:v1`)
    expect(await refusal('push', name)).toMatch(/unauthorized|denied|no basic auth|authentication required/)
    await signIn(readable)
    await docker('push', name)
    await docker('logout', readable.host)
    await docker('image', 'rm', name)
    await docker('pull', name)
    expect(await refusal('push', await load(`${readable.host}/docker/public:v2`))).toMatch(/unauthorized|denied/)
  })

  const login = (server: Server, username: string) => ['login', '--username', username, '--password-stdin', server.host]

  const refusal = (...args: readonly string[]) => mustFail(docker.command(...args), docker)

  async function signIn(server: Server): Promise<void> {
    const command = docker.command(...login(server, ALICE.username))
    expect(await must(command, { env: docker.env, stdin: ALICE.password })).toContain('Login Succeeded')
  }

  /** Loads an image of its own into the engine under this name; returns the name. */
  async function load(name: string): Promise<string> {
    const layout = await smallImage(await folder.make(crypto.randomUUID()))
    const archive = `${layout.folder}.tar`
    await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${archive}:${name}`])
    await docker('load', '--input', archive)
    return name
  }
})
