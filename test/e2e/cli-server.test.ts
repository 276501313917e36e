import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { API_OPERATIONS_FILE, apiOperations } from '../../scripts/client/api-operations.ts'
import { createUser } from '../../src/auth/manage-users.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { parseRepositoryName, parseTag } from '../../src/oci/name.ts'
import { promote } from '../../src/registry/promote.ts'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { makeCertificate } from './support/certificates.ts'
import { addUser, berth, type CommandResult } from './support/command.ts'
import { image, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { basic, PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(6 * PATIENCE_MS)

const PASSWORD = 'correct horse'
const REPOSITORIES = 2500

let registry: InProcess
let home = ''

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-home-'))
  const keyFile = join(home, 'key')
  createKeyFile(keyFile)
  registry = await openInProcess({ config: { secrets: { keyFile } } })
  const { management } = registry.app
  await createUser(management, BY_OPERATOR, { name: 'root', password: PASSWORD, systemRole: 'administrator' })
  await createUser(management, BY_OPERATOR, { name: 'ann', password: PASSWORD, systemRole: 'none' })
  await pushImage({ registry: registry.with(basic('root', PASSWORD)), name: 'many/r0' }, image('cli/many'), 'v1')
  const names = Array.from({ length: REPOSITORIES - 1 }, (_, n) => `many/r${n + 1}`)
  for (let n = 0; n < names.length; n += 50) await Promise.all(names.slice(n, n + 50).map(promoted))
  await writeFile(join(home, 'root'), `root:${PASSWORD}\n`)
  await writeFile(join(home, 'ann'), `ann:${PASSWORD}\n`)
  await writeFile(join(home, 'wrong'), 'ann:wrong horse\n')
})
afterAll(async () => {
  await registry.close()
  await rm(home, { recursive: true, force: true })
})

/** The same image under one more name. */
async function promoted(name: string): Promise<void> {
  await promote(registry.app.registry, {
    from: { repository: parseRepositoryName('many/r0'), reference: 'v1' },
    to: parseRepositoryName(name),
    ...{ tags: [parseTag('v1')], referrers: false, actor: OPERATOR, overwriteRefusal: undefined },
  })
}

interface Asked {
  readonly as?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A command at the desk of somebody who has no sign-in yet. */
function at(args: readonly string[], { as, input = '', env = {} }: Asked = {}): Promise<CommandResult> {
  const proof = as === undefined ? [] : ['--token-file', join(home, as)]
  return berth([...args, ...proof], { input, env: { HOME: home, XDG_CONFIG_HOME: '', ...env } })
}

function atServer(args: readonly string[], asked: Asked = { as: 'root' }): Promise<CommandResult> {
  return at([...args, '--server', registry.url], asked)
}

const json = ({ stdout }: CommandResult) => JSON.parse(stdout)

describe('at a server', () => {
  test('an administrator makes and lists, in a table and as the API has it', async () => {
    expect(await atServer(['project', 'add', 'team', '--private'])).toMatchObject({
      code: 0,
      stdout: 'The private project "team" was made.\n',
    })
    const table = await atServer(['project', 'list'])
    expect(table.stdout).toMatch(/^NAME +VISIBILITY +CREATED AT\n(.*\n)?team +private +\S+\n/)
    expect(json(await atServer(['project', 'list', '--json'])).items).toContainEqual(
      expect.objectContaining({ name: 'team', public: false }),
    )
    // The server may stand before the command, too.
    const before = await at(['--server', registry.url, '--token-file', join(home, 'root'), 'user', 'list'])
    expect(before.stdout).toContain('administrator')
    expect((await atServer(['grant', 'add', 'team', 'user:ann', 'reader'])).code).toBe(0)
    const made = await atServer(['robot', 'add', 'ci', '--project', 'team'])
    expect(made.stdout).toMatch(/^berth_robot_\S+\n$/)
    expect((await atServer(['robot', 'show', 'robot.team.ci', '--project', 'team', '--json'])).stdout).toContain(
      '"root"',
    )
    expect((await atServer(['access', 'explain', 'ann', 'push', 'team/app'])).code).toBe(1)
    const audit = json(await atServer(['audit', 'list', '--limit', '3', '--json']))
    expect(audit.items).toHaveLength(3)
  })

  test('a plain user sees what he may, and is told 3 and 4', async () => {
    expect(json(await atServer(['me', 'show', '--json'], { as: 'ann' })).name).toBe('ann')
    expect(await atServer(['user', 'list'], { as: 'ann' })).toMatchObject({ code: 3, stdout: '' })
    const absent = await atServer(['project', 'show', 'nobodys'], { as: 'ann' })
    expect([absent.code, absent.stderr]).toEqual([4, 'berth: there is no project "nobodys"\n'])
    expect((await atServer(['user', 'list'], { as: 'wrong' })).code).toBe(3)
    const nobody = await atServer(['project', 'list'], {})
    expect(nobody.code).toBe(3)
    expect(nobody.stderr).toContain(`berth login ${registry.url}`)
  })

  test('follows a list to its end, or to --limit', async () => {
    const all = json(await atServer(['repository', 'list', '--json']))
    const names = all.items.map(({ name }: { name: string }) => name).filter((name: string) => name.startsWith('many/'))
    expect(new Set(names).size).toBe(REPOSITORIES)
    const some = await atServer(['repository', 'list', 'many', '--limit', '1500'])
    expect(some.stdout.trim().split('\n')).toHaveLength(1501)
  })

  test('what needs the data of the machine says so: 2', async () => {
    for (const args of [['backup', 'create', '/nowhere'], ['fsck'], ['encryption', 'status']]) {
      const { code, stderr } = await atServer(args, {})
      expect([code, stderr]).toEqual([
        2,
        `berth: "berth ${args.slice(0, args[0] === 'fsck' ? 1 : 2).join(' ')}" works on the data of this machine, and not on a server: leave --server out\n`,
      ])
    }
    expect((await atServer(['project', 'list', '--data', '/nowhere'])).code).toBe(2)
    expect((await atServer(['project', 'lost'])).code).toBe(2)
    expect((await atServer(['project', 'list', '--nothing'])).code).toBe(2)
  })

  test('a server that is not there: 5', async () => {
    const { code, stderr } = await at(['project', 'list', '--server', 'http://127.0.0.1:1'])
    expect(code).toBe(5)
    expect(stderr).toContain('127.0.0.1:1 cannot be reached')
  })

  test('plain HTTP to another machine is refused before anything is sent: 2', async () => {
    const { code, stderr } = await at(['project', 'list', '--server', 'http://registry.test'], { as: 'root' })
    expect([code, stderr]).toEqual([2, expect.stringContaining('--insecure-http')])
  })

  test('what a command means by --insecure-http is not about the connection', async () => {
    for (const words of [
      ['webhook', 'add', 'http://hook.test/', '--insecure-http'],
      ['webhook', 'set', '1', '--insecure-http'],
      ['remote', 'add', 'hub', 'http://hub.test', '--insecure-http'],
      ['remote', 'set', 'hub', '--insecure-http'],
      ['scanner', 'add', 'other', 'harbor', 'http://scanner.test', '--insecure-http'],
    ]) {
      const { code, stderr } = await at([...words, '--server', 'http://registry.test'], { as: 'root' })
      expect([words, code, stderr]).toEqual([words, 2, expect.stringContaining('in a profile')])
    }
    expect((await atServer(['remote', 'add', 'plain', 'http://hub.test', '--insecure-http'])).code).toBe(0)
    expect(json(await atServer(['remote', 'show', 'plain', '--json'])).insecureHttp).toBe(true)
  })

  test('a secret of a command is not sent as a password of the sign-in', async () => {
    const hub = ['remote', 'add', 'kept', 'https://hub.test', '--username', 'u', '--password-stdin']
    const hook = ['webhook', 'add', 'https://hook.test/', '--secret-stdin']
    for (const words of [
      [...hub, '--user', 'ann'],
      [...hub, '--token-file', '-'],
      [...hook, '--user', 'ann', '--password-stdin'],
    ]) {
      const { code, stderr } = await atServer(words, { input: PASSWORD })
      expect([words, code, stderr]).toEqual([words, 2, expect.stringContaining('standard input is for the command')])
    }
    expect((await atServer(hub, { as: 'root', input: 'theirs\n' })).code).toBe(0)
    expect(json(await atServer(['remote', 'show', 'kept', '--json']))).toMatchObject({ username: 'u' })
  })

  test('what is not Berth is said to be none: 5', async () => {
    const answers: Readonly<Record<string, () => Response>> = {
      '/api/v1/projects': () => Response.json({ items: [null] }),
      '/api/v1/users': () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
      '/api/v1/groups': () => Response.json(null),
      '/api/v1/system': () => new Response('hello'),
      '/api/v1/jobs': () => new Response('{"items":[', { headers: { 'content-type': 'application/json' } }),
    }
    const server = Bun.serve({ port: 0, fetch: ({ url }) => answers[new URL(url).pathname]?.() ?? Response.json({}) })
    for (const words of [
      ['project', 'list'],
      ['project', 'list', '--json'],
      ['user', 'list'],
      ['group', 'list', '--json'],
      ['system', 'show'],
      ['job', 'list'],
      ['webhook', 'list'],
      ['group', 'members', 'x'],
      ['api', 'getSystem', '--json'],
      ['api', 'listProjects', '--all'],
    ]) {
      const { code, stdout, stderr } = await at([...words, '--server', `http://127.0.0.1:${server.port}`], {
        as: 'root',
      })
      expect([words, code, stdout, stderr]).toEqual([
        words,
        5,
        '',
        expect.stringMatching(/^berth: http:\S+ does not answer as Berth does \(.+\)\n$/),
      ])
    }
    await server.stop(true)
  })

  test('follows no redirect, with whatever it carries', async () => {
    let met = 0
    const meet = () => {
      met++
      return Response.json({ items: [] })
    }
    const elsewhere = Bun.serve({ port: 0, fetch: meet })
    const bad = Bun.serve({ port: 0, fetch: () => Response.redirect(`${elsewhere.url}api/v1/projects`, 307) })
    const { code } = await at(['project', 'list', '--server', `http://127.0.0.1:${bad.port}`], { as: 'root' })
    expect([code, met]).toEqual([5, 0])
    await Promise.all([bad.stop(true), elsewhere.stop(true)])
  })

  test('nothing that a server says moves the cursor of a terminal', async () => {
    const evil = 'x\u001b[2J\u0007\u202e\u009b31m'
    const server = Bun.serve({
      port: 0,
      fetch: ({ url }) =>
        url.includes('projects')
          ? Response.json({ items: [{ name: evil, public: true, createdAt: evil }] })
          : Response.json({ detail: evil }, { status: 403 }),
    })
    const at1 = (args: readonly string[]) =>
      at([...args, '--server', `http://127.0.0.1:${server.port}`], { as: 'root' })
    const answers = [
      await at1(['project', 'list']),
      await at1(['project', 'list', '--json']),
      await at1(['api', 'listProjects']),
      await at1(['user', 'list']),
    ]
    for (const { stdout, stderr } of answers)
      expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(answers[0]?.stdout).toContain('[2J')
    await server.stop(true)
  })
})

describe('a robot of a project', () => {
  const robots = async (asked?: Asked) =>
    json(await atServer(['robot', 'list', '--json'], asked)).items.map(({ name }: { name: string }) => name)

  test('is found by its name, also where the project has slashes', async () => {
    for (const project of ['bots', 'bots/inner', 'bots.inner'])
      expect((await atServer(['project', 'add', project])).code).toBe(0)
    for (const [project, name] of [
      ['bots', 'a'],
      ['bots/inner', 'b'],
      ['bots.inner', 'c'],
    ] as const)
      expect((await atServer(['robot', 'add', name, '--project', project])).code).toBe(0)
    expect((await atServer(['robot', 'add', 'whole'])).code).toBe(0)
    for (const name of ['robot.bots.a', 'robot.bots.inner.b', 'robot.bots.inner.c', 'robot.whole']) {
      expect(json(await atServer(['robot', 'show', name, '--json'])).name).toBe(name)
      expect((await atServer(['robot', 'secret', name])).stdout).toMatch(/^berth_robot_\S+\n$/)
      expect((await atServer(['robot', 'set', name, '--disable'])).code).toBe(0)
      expect((await atServer(['robot', 'trusts', name])).code).toBe(0)
    }
    expect(await robots()).toEqual(
      expect.arrayContaining(['robot.bots.a', 'robot.bots.inner.b', 'robot.bots.inner.c', 'robot.whole']),
    )
    expect((await atServer(['robot', 'show', 'robot.bots.inner.absent'])).code).toBe(4)
    expect((await atServer(['robot', 'show', 'robot.absent.a'])).code).toBe(4)
  })

  test('is listed for whoever manages the project, and not for others', async () => {
    expect((await atServer(['robot', 'list'], { as: 'ann' })).code).toBe(3)
    expect((await atServer(['grant', 'add', 'bots', 'user:ann', 'owner'])).code).toBe(0)
    expect(await robots({ as: 'ann' })).toEqual(['robot.bots.a'])
    expect((await atServer(['robot', 'remove', 'robot.bots.a'], { as: 'ann' })).code).toBe(0)
    expect((await atServer(['robot', 'remove', 'robot.bots.inner.b'], { as: 'ann' })).code).not.toBe(0)
    expect(await robots()).toContain('robot.bots.inner.b')
  })
})

describe('signed in with berth login', () => {
  test('its token opens the API as that user, until it is signed out', async () => {
    const login = await at(['login', registry.url, '--username', 'root', '--password-stdin', '--no-docker'], {
      input: `${PASSWORD}\n`,
    })
    expect(login.code).toBe(0)
    expect((await atServer(['user', 'list'], {})).code).toBe(0)
    expect((await at(['logout', registry.url])).code).toBe(0)
    expect((await atServer(['user', 'list'], {})).code).toBe(3)
  })

  test('a refresh token of another client is for pulling and pushing only', async () => {
    const form = { grant_type: 'password', username: 'root', password: PASSWORD, client_id: 'docker', service: '' }
    const body = new URLSearchParams({ ...form, access_type: 'offline' })
    const answer = await (await fetch(`${registry.url}/token`, { method: 'POST', body })).json()
    const { refresh_token: token } = answer as { refresh_token: string }
    expect((await atServer(['user', 'list'], { env: { BERTH_TOKEN: token } })).code).toBe(3)
    expect((await atServer(['user', 'list'], { env: { BERTH_TOKEN: `root:${PASSWORD}` } })).code).toBe(0)
  })

  test('a password comes from standard input or a terminal, and never from an argument', async () => {
    const given = await atServer(['me', 'show', '--json', '--user', 'ann', '--password-stdin'], { input: PASSWORD })
    expect(json(given).name).toBe('ann')
    expect((await atServer(['me', 'show', '--user', 'ann'], {})).code).toBe(2)
  })
})

describe('profiles', () => {
  test('name servers; the one in use, or said, is worked on; no secret is in them', async () => {
    expect((await at(['profile', 'add', 'here', '--server', registry.url])).code).toBe(0)
    expect((await at(['profile', 'add', 'gone', '--server', 'http://127.0.0.1:1'])).code).toBe(0)
    expect((await at(['project', 'list', '--profile', 'here'], { as: 'root' })).code).toBe(0)
    expect((await at(['profile', 'use', 'here'])).code).toBe(0)
    expect((await at(['project', 'list'], { as: 'root' })).stdout).toContain('NAME')
    expect((await at(['profile', 'list'])).stdout).toContain(`*  here  ${registry.url}\n`)
    // What is said counts more than what is in use.
    expect((await at(['project', 'list', '--profile', 'gone'])).code).toBe(5)
    expect((await at(['project', 'list', '--local'], { env: { BERTH_DATA: join(home, 'none') } })).code).toBe(1)
    const mine = await at(['project', 'list', '--config', join(home, 'none.yaml')])
    expect([mine.code, mine.stderr]).toEqual([1, expect.stringContaining('none.yaml')])
    expect((await at(['project', 'list'], { env: { BERTH_SERVER: 'http://127.0.0.1:1' } })).code).toBe(5)
    expect((await at(['project', 'list'], { env: { BERTH_PROFILE: 'gone' } })).code).toBe(5)
    // What works here only says so, and does it.
    const status = await at(['audit', 'verify'], { env: { BERTH_DATA: join(home, 'none') } })
    expect(status.stderr).toStartWith(`"berth audit verify" works on this machine's data, and not on ${registry.url}\n`)
    const local = await at(['audit', 'verify', '--local'], { env: { BERTH_DATA: join(home, 'none') } })
    expect([local.code, local.stderr]).toEqual([status.code, expect.not.stringContaining("machine's data")])
    expect((await at(['profile', 'use', 'unknown'])).code).toBe(1)
    const file = join(home, '.config', 'berth', 'profiles.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await Bun.file(file).text()).not.toContain(PASSWORD)
    expect((await at(['profile', 'remove', 'here'])).code).toBe(0)
    expect((await at(['profile', 'show', 'here'])).code).toBe(1)
  })
})

test('the names and addresses of operations are those of the API (npm run docs)', async () => {
  expect(await Bun.file(API_OPERATIONS_FILE).text()).toBe(await apiOperations())
})

describe('berth api', () => {
  test('calls an operation by its name, or by method and path', async () => {
    expect((await atServer(['api', 'createGroup', '--field', 'name=devs'])).code).toBe(0)
    expect(json(await atServer(['api', 'getGroup', '--field', 'group=devs'])).name).toBe('devs')
    expect(json(await atServer(['api', 'GET', '/groups/devs'])).name).toBe('devs')
    const made = await atServer(['api', 'post', '/projects', '--input', '-'], {
      as: 'root',
      input: '{"name":"byhand","public":true}',
    })
    expect(json(made).public).toBe(true)
    expect(
      (await atServer(['api', 'changeProject', '--field', 'project=byhand', '--field', 'public:=false'])).code,
    ).toBe(0)
    expect(json(await atServer(['api', 'listRepositories', '--all', '--field', 'project=many'])).items).toHaveLength(
      2500,
    )
    expect((await atServer(['api', 'noSuchThing'])).code).toBe(2)
    expect((await atServer(['api', 'getSystem', '--all'])).code).toBe(2)
    expect((await atServer(['api', 'createGroup', '--all', '--field', 'name=none'])).code).toBe(2)
    expect(json(await atServer(['api', 'listRobot', '--all'])).items).toBeArray()
    expect((await atServer(['api', 'getGroup'])).code).toBe(2)
    expect((await atServer(['api', 'GET', '/nothing'])).code).toBe(4)
  })
})

describe('with a certificate of its own authority', () => {
  const authority = makeCertificate('berth test authority')
  const own = makeCertificate('localhost', authority)
  let server: RunningRegistry

  beforeAll(async () => {
    const [cert, key] = [join(home, 'tls.crt'), join(home, 'tls.key')]
    await Promise.all([writeFile(cert, own.cert), writeFile(key, own.key), writeFile(join(home, 'ca'), authority.cert)])
    server = await startRegistry({ args: ['--tls-cert', cert, '--tls-key', key] })
    await addUser(server.dataDir, 'root', PASSWORD)
  })
  afterAll(() => server.close())

  test('is reached with --ca-file, and with nothing else: 5', async () => {
    expect((await at(['me', 'show', '--server', server.url], { as: 'root' })).code).toBe(5)
    const ca = ['--ca-file', join(home, 'ca')]
    expect((await at(['me', 'show', '--server', server.url, ...ca], { as: 'root' })).code).toBe(0)
    expect((await at(['profile', 'add', 'tls', '--server', server.url, ...ca])).code).toBe(0)
    expect((await at(['me', 'show', '--profile', 'tls'], { as: 'root' })).code).toBe(0)
    const login = ['login', server.url, '--username', 'root', '--password-stdin', '--no-docker']
    expect((await at(login, { input: PASSWORD })).code).toBe(5)
    expect((await at([...login, ...ca], { input: PASSWORD })).code).toBe(0)
    expect((await at(['me', 'show', '--profile', 'tls'])).code).toBe(0)
    expect((await at(['logout', server.url, ...ca])).code).toBe(0)
  })
})

describe('on the data of this machine', () => {
  let server: RunningRegistry

  beforeAll(async () => {
    server = await startRegistry()
    await addUser(server.dataDir, 'root', PASSWORD)
    const target = { registry: registryAt(server.url, basic('root', PASSWORD)), name: 'root/app' }
    await pushImage(target, image('cli/local'), 'v1')
  })
  afterAll(() => server.close())
  const here = (args: readonly string[]) => at([...args, '--data', server.dataDir])

  test('--json is the answer of the API, as its operator', async () => {
    expect(json(await here(['repository', 'list', '--json'])).items).toEqual([
      expect.objectContaining({ name: 'root/app' }),
    ])
    expect(json(await here(['tag', 'list', 'root/app', '--json'])).items).toHaveLength(1)
    expect((await here(['image', 'show', 'root/app:v1'])).stdout).toContain('sha256:')
    const project = await here(['project', 'add', 'ops', '--json'])
    expect([project.code, json(project).name]).toEqual([0, 'ops'])
    // What the operator makes is nobody's in particular.
    expect(json(await here(['grant', 'list', 'ops', '--json'])).items).toEqual([])
    const robot = json(await here(['robot', 'add', 'bot', '--project', 'ops', '--json']))
    expect(json(await here(['robot', 'show', robot.name, '--json'])).maker).toBeUndefined()
    expect(json(await here(['audit', 'list', '--json'])).items).toContainEqual(
      expect.objectContaining({ action: 'project.created', actor: { id: 'operator', name: 'operator', address: '' } }),
    )
    expect(json(await here(['robot', 'list', '--json'])).items).toEqual([expect.objectContaining({ name: robot.name })])
    expect(json(await here(['robot', 'secret', robot.name, '--json'])).secret).toMatch(/^berth_robot_/)
    expect((await here(['project', 'show', 'absent'])).code).toBe(4)
    expect((await here(['me', 'show'])).code).toBe(2)
  })
})
