import { beforeAll, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { delimiter } from 'node:path'
import { TestBrowser } from '../e2e/support/browser.ts'
import { until } from '../e2e/support/until.ts'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail, run } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { useServer } from './support/server.ts'
import { ALICE, withUsers } from './support/users.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const UNAUTHORIZED = /unauthorized|denied|no basic auth|authentication required/

describeClient('docker with berth login', ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox', 'htpasswd'], () => {
  const folder = useFolder()
  const server = useServer({ args: () => withUsers(folder) })
  const docker = useDocker(folder)
  const bin = folder.at('.local', 'bin')
  const env = {
    ...docker.env,
    HOME: folder.path,
    XDG_CONFIG_HOME: folder.at('config'),
    // No keychain of whoever runs this.
    DBUS_SESSION_BUS_ADDRESS: '',
    PATH: [bin, process.env.PATH ?? ''].join(delimiter),
  }
  const berth = (...args: readonly string[]) => [process.execPath, `${ROOT}src/main.ts`, ...args]
  const credentials = () => readFile(folder.at('config', 'berth', 'credentials.json'), 'utf8')

  beforeAll(() => folder.make('.local/bin'))

  test('signs in with a password, pushes and pulls, and is locked out after signing out', async () => {
    const login = berth('login', server.host, '--username', ALICE.username, '--password-stdin')
    expect(await must(login, { env, stdin: `${ALICE.password}\n` })).toContain(`written to ${bin}`)
    const name = await load('password')
    await must(docker.command('push', name), { env })
    await must(docker.command('image', 'rm', name), { env })
    await must(docker.command('pull', name), { env })
    expect(await readFile(folder.at('docker-config', 'config.json'), 'utf8')).not.toContain('berth_refresh_')
    expect(await credentials()).not.toContain(ALICE.password)
    await must(berth('logout', server.host), { env })
    await must(docker.command('image', 'rm', name), { env })
    expect(await mustFail(docker.command('pull', name), { env })).toMatch(UNAUTHORIZED)
  })

  test('signs in with a browser elsewhere', async () => {
    const child = Bun.spawn(berth('login', server.host), {
      env: { ...process.env, ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    let said = ''
    const reading = (async () => {
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) said += chunk
    })()
    const code = await until('the code', () => /code: (\S{9})/.exec(said)?.[1])
    const browser = new TestBrowser(server.url)
    await browser.signIn(ALICE.username, ALICE.password)
    await browser.get(`/auth/device?user_code=${code}`)
    expect((await browser.post('/auth/device', { user_code: code, decision: 'approve' })).text).toContain('Approved')
    await Promise.all([child.exited, reading])
    expect(said).toContain(`Signed in to ${server.host}.`)
    await must(docker.command('push', await load('browser')), { env })
  })

  test('lets docker itself keep and forget what it signs in with', async () => {
    const login = docker.command('login', '--username', ALICE.username, '--password-stdin', server.host)
    expect(await must(login, { env, stdin: ALICE.password })).toContain('Login Succeeded')
    // Docker asked for a refresh token, so it keeps no password.
    expect(await credentials()).toContain('berth_refresh_')
    expect(await credentials()).not.toContain(ALICE.password)
    await must(docker.command('push', await load('docker')), { env })
    await must(docker.command('logout', server.host), { env })
    expect(await credentials()).toBe('{}\n')
    const { code, all } = await run(docker.command('push', await load('nobody')), { env })
    expect([code === 0, UNAUTHORIZED.test(all)]).toEqual([false, true])
  })

  /** Loads an image of its own into the engine; returns its name. */
  async function load(tag: string): Promise<string> {
    const name = `${server.host}/${ALICE.username}/credential:${tag}`
    const layout = await smallImage(await folder.make(crypto.randomUUID()))
    const archive = `${layout.folder}.tar`
    await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${archive}:${name}`])
    await docker('load', '--input', archive)
    return name
  }
})
