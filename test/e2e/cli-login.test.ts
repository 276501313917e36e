import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createUser } from '../../src/auth/manage-users.ts'
import { openCredentialStore } from '../../src/cli/credential-store.ts'
import { type LoginFlags, loginCommand, logoutCommand } from '../../src/cli/login.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import type { Surroundings } from '../../src/cli/user-surroundings.ts'
import { runProgram } from '../../src/lib/run-program.ts'
import { TestBrowser } from './support/browser.ts'
import { berth } from './support/command.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'

const PASSWORD = 'correct horse'
const SELF = { execPath: '/opt/bun', script: "/opt/it's/main.ts" }

let registry: InProcess
let home = ''
let said: string[] = []
let host = ''

beforeAll(async () => {
  registry = await openInProcess()
  host = new URL(registry.url).host
  await createUser(registry.app.management, BY_OPERATOR, { name: 'ann', password: PASSWORD, systemRole: 'none' })
})
afterAll(() => registry.close())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-home-'))
  said = []
  // Codes of other tests must not count.
  registry.clock.advance(30 * 60_000)
})
afterEach(() => rm(home, { recursive: true, force: true }))

interface Changes {
  readonly environment?: Readonly<Record<string, string>>
  /** While the terminal waits, `whileWaiting` is what people do. */
  readonly whileWaiting?: () => Promise<void>
}

function surroundings({ environment = {}, whileWaiting = async () => undefined }: Changes = {}): Surroundings {
  return {
    environment: { PATH: join(home, '.local', 'bin'), ...environment },
    home,
    platform: 'linux',
    run: runProgram,
    clock: {
      now: () => registry.clock.now(),
      sleep: async (ms) => {
        registry.clock.advance(ms)
        await whileWaiting()
      },
    },
    say: (text) => void said.push(text),
    warn: (text) => void said.push(text),
  }
}

function login(here: Surroundings, flags: LoginFlags = { username: 'ann' }): Promise<void> {
  return loginCommand(here, host, { ...flags, self: SELF, readPassword: async () => PASSWORD })
}

const tokenOf = async (here: Surroundings) => (await (await openCredentialStore(here)).find(host))?.Secret ?? ''

async function isGood(token: string): Promise<boolean> {
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })
  return (await fetch(`${registry.url}/token`, { method: 'POST', body })).ok
}

async function decide(decision: 'approve' | 'refuse'): Promise<void> {
  const code = /[A-Z]{4}-[A-Z]{4}/.exec(said.join('\n'))?.[0] ?? ''
  const browser = new TestBrowser(registry.url)
  await browser.signIn('ann', PASSWORD)
  await browser.get(`/auth/device?user_code=${code}`)
  await browser.post('/auth/device', { user_code: code, decision })
}

describe('berth login', () => {
  it('with a browser: shows where to go, waits, and keeps the token', async () => {
    let polls = 0
    const here = surroundings({
      whileWaiting: async () => {
        if (++polls === 3) await decide('approve')
      },
    })
    await login(here, {})
    expect(said[0]).toMatch(new RegExp(`^Open ${registry.url}/auth/device in a browser and type this code: .{9}$`))
    expect(polls).toBe(3)
    expect(await isGood(await tokenOf(here))).toBe(true)
    expect(said.join('\n')).not.toContain('berth_refresh_')
    expect(said.join('\n')).not.toContain('berth_device_')
  })

  it('says that it was refused, or that nobody came', async () => {
    const refused = surroundings({ whileWaiting: () => decide('refuse') })
    await expect(login(refused, {})).rejects.toThrow('the sign-in was refused')
    await expect(login(surroundings(), {})).rejects.toThrow('in time; begin again')
    expect(await readdir(home)).toEqual([])
  })

  it('opens the page only when it is asked to', async () => {
    const opened: string[] = []
    const here: Surroundings = {
      ...surroundings({ whileWaiting: () => decide('approve') }),
      run: async ([program, ...args]) => {
        opened.push(`${program} ${args.join(' ')}`)
        throw new Error('there is no browser')
      },
    }
    await login(here, {})
    expect(opened).toEqual([])
    said = []
    await login(here, { open: true })
    expect(opened).toHaveLength(1)
    expect(opened[0]).toStartWith(`xdg-open ${registry.url}/auth/device?user_code=`)
  })

  it('with a password: keeps the token in a file that only its owner may read, and says so', async () => {
    const here = surroundings()
    await login(here)
    const path = join(home, '.config', 'berth', 'credentials.json')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(home, '.config', 'berth'))).mode & 0o777).toBe(0o700)
    expect(said).toContain(`There is no keychain here, so the secret is in ${path}, which only you may read.`)
    expect(await readFile(path, 'utf8')).not.toContain(PASSWORD)
  })

  it('says that a password is wrong', async () => {
    const flags = { username: 'ann', self: SELF, readPassword: async () => 'wrong' }
    await expect(loginCommand(surroundings(), host, flags)).rejects.toThrow('the user name or password is wrong')
  })

  it('ends the token that it had before', async () => {
    const here = surroundings()
    await login(here)
    const first = await tokenOf(here)
    await login(here)
    expect([await isGood(first), await isGood(await tokenOf(here))]).toEqual([false, true])
  })

  it('sends no password to another machine without HTTPS', async () => {
    const flags = { username: 'ann', self: SELF, readPassword: async () => PASSWORD }
    await expect(loginCommand(surroundings(), 'http://registry.example', flags)).rejects.toThrow('--insecure-http')
    await expect(loginCommand(surroundings(), 'https://a.example/path', flags)).rejects.toThrow('is not the host')
  })

  it('does not take just any server for a registry', async () => {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('hello') })
    try {
      const flags = { username: 'ann', self: SELF, readPassword: () => Promise.reject(new Error('was asked')) }
      await expect(loginCommand(surroundings(), `127.0.0.1:${server.port}`, flags)).rejects.toThrow('not a container')
    } finally {
      await server.stop(true)
    }
  })
})

describe('docker', () => {
  const config = () => join(home, '.docker', 'config.json')
  const readConfig = async () => JSON.parse(await readFile(config(), 'utf8')) as Record<string, unknown>

  it('is told to ask the helper, and keeps all else', async () => {
    const before = {
      auths: { 'other.example': { auth: 'eHg6eXk=' } },
      credHelpers: { 'gcr.io': 'gcloud' },
      psFormat: 'table {{.ID}}',
      proxies: { default: { httpProxy: 'http://proxy:3128' } },
    }
    await mkdir(join(home, '.docker'))
    await writeFile(config(), JSON.stringify(before), { mode: 0o640 })
    await chmod(config(), 0o640)
    await login(surroundings())
    expect(await readConfig()).toEqual({ ...before, credHelpers: { 'gcr.io': 'gcloud', [host]: 'berth' } })
    expect((await stat(config())).mode & 0o777).toBe(0o640)
    await logoutCommand(surroundings(), host, {})
    expect(await readConfig()).toEqual(before)
    expect(await readdir(join(home, '.docker'))).toEqual(['config.json'])
  })

  it('may have its configuration elsewhere, behind a link', async () => {
    await mkdir(join(home, 'dotfiles'))
    await mkdir(join(home, 'docker'))
    await writeFile(join(home, 'dotfiles', 'docker.json'), '{}')
    await symlink(join(home, 'dotfiles', 'docker.json'), join(home, 'docker', 'config.json'))
    await login(surroundings({ environment: { DOCKER_CONFIG: join(home, 'docker') } }))
    expect((await lstat(join(home, 'docker', 'config.json'))).isSymbolicLink()).toBe(true)
    expect(await readFile(join(home, 'dotfiles', 'docker.json'), 'utf8')).toContain(`"${host}": "berth"`)
  })

  it('keeps a configuration that nobody can read', async () => {
    await mkdir(join(home, '.docker'))
    await writeFile(config(), '{ "auths": ')
    await expect(login(surroundings())).rejects.toThrow('left as it is')
    expect(await readFile(config(), 'utf8')).toBe('{ "auths": ')
  })

  it('is left alone with --no-docker', async () => {
    await login(surroundings(), { username: 'ann', docker: false })
    expect((await readdir(home)).sort()).toEqual(['.config'])
  })

  it('finds the helper in a folder that is told', async () => {
    const path = join(home, '.local', 'bin', 'docker-credential-berth')
    await login(surroundings({ environment: { PATH: '/nowhere' } }))
    expect(said.join('\n')).toContain(`Docker's credential helper was written to ${path}.`)
    expect(said.join('\n')).toContain(`export PATH="${join(home, '.local', 'bin')}:$PATH"`)
    expect((await stat(path)).mode & 0o777).toBe(0o755)
    expect(await readFile(path, 'utf8')).toBe(
      `#!/bin/sh\nexec '/opt/bun' '/opt/it'\\''s/main.ts' docker-credential "$@"\n`,
    )
    said = []
    await login(surroundings())
    expect(said.join('\n')).not.toContain('helper')
  })

  it('finds the single file under another name', async () => {
    await loginCommand(surroundings(), host, {
      username: 'ann',
      self: { execPath: '/opt/berth', script: undefined },
      readPassword: async () => PASSWORD,
    })
    const path = join(home, '.local', 'bin', 'docker-credential-berth')
    expect((await lstat(path)).isSymbolicLink()).toBe(true)
  })
})

describe('berth logout', () => {
  it('ends the token at the registry, and forgets it here', async () => {
    const here = surroundings()
    await login(here)
    const token = await tokenOf(here)
    expect(await logoutCommand(here, host, {})).toBe(true)
    expect(await isGood(token)).toBe(false)
    expect(await tokenOf(here)).toBe('')
    expect(said.at(-1)).toBe(`Signed out of ${host}.`)
    expect(await logoutCommand(here, host, {})).toBe(true)
    expect(said.at(-1)).toBe(`You were not signed in to ${host}.`)
  })

  it('forgets it here also when the registry is away, and says what that means', async () => {
    const here = surroundings()
    const store = await openCredentialStore(here)
    await store.store('127.0.0.1:9', { Username: '<token>', Secret: 'x' })
    expect(await logoutCommand(here, '127.0.0.1:9', {})).toBe(false)
    expect(said.join('\n')).toContain('The registry could not be told')
    expect(await store.find('127.0.0.1:9')).toBeUndefined()
  })
})

describe('the commands', () => {
  it('sign in, answer docker under its own name, and sign out', async () => {
    // Not the tester's own folders: a helper that somebody put there would be found, and used.
    const PATH = `${join(home, '.local', 'bin')}:/usr/bin:/bin`
    const env = { HOME: home, XDG_CONFIG_HOME: '', DOCKER_CONFIG: '', DBUS_SESSION_BUS_ADDRESS: '', PATH }
    await mkdir(join(home, '.local', 'bin'), { recursive: true })
    const flags = ['--username', 'ann', '--password-stdin']
    const entered = await berth(['login', host, ...flags], { env, input: `${PASSWORD}\n` })
    expect([entered.code, entered.stdout]).toEqual([0, expect.stringContaining(`Signed in to ${host}.`)])
    const helper = join(home, '.local', 'bin', 'docker-credential-berth')
    const { code, stdout } = await runProgram(['env', `HOME=${home}`, 'XDG_CONFIG_HOME=', helper, 'get'], host)
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ ServerURL: host, Username: '<token>' })])
    const left = await berth(['logout', host], { env })
    expect([left.code, left.stdout]).toEqual([0, `Signed out of ${host}.\n`])
    const unknown = await berth(['docker-credential', 'get'], { env, input: host })
    expect([unknown.code, unknown.stdout]).toEqual([1, 'credentials not found in native keychain\n'])
  })

  it('want a name with a password', async () => {
    const { code, stderr } = await berth(['login', host, '--password-stdin'], { input: 'x\n' })
    expect([code, stderr]).toEqual([1, 'berth: --password-stdin needs --username\n'])
  })
})
