/** Remotes at work: one connection for all, new credentials at once, private addresses only where they are allowed. */
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../../src/config/load.ts'
import { changeRemote, createRemote, type RemoteInput, removeRemote } from '../../src/remotes/manage-remotes.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { createRemotes, type OpenRemotes } from '../../src/remotes/open-remotes.ts'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { BY, found, type Person, World } from '../access/support/world.ts'
import { type BadUpstream, startBadUpstream } from '../support/bad-upstream.ts'
import { ON_POSTGRES } from '../support/postgres.ts'
import { berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { PATIENCE_MS } from './support/server.ts'
import { untilTrue } from './support/until.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const SECRET = 'canary-of-remotes-1'
const OTHER = 'canary-of-remotes-2'

let folder: string
let world: World
let admin: Person
let upstream: BadUpstream
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-remotes-'))
  createKeyFile(join(folder, 'key'))
  const secrets = { keyFile: join(folder, 'key') }
  world = await World.open({ secrets })
  for (const secret of [SECRET, OTHER]) world.secrets.add(secret)
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  upstream = await startBadUpstream({ auth: { scheme: 'basic', username: 'ann', password: SECRET } })
})
afterEach(() => upstream.recover())
afterAll(async () => {
  await upstream?.close()
  await world?.checkNoSecrets()
  await world?.checkAudit()
  expect(world?.errors()).toBe('')
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Another process on the same database. */
function processOf(instance: string, sleep: Clock['sleep']): OpenRemotes {
  const nothing = () => undefined
  const log = { enabled: () => false, debug: nothing, info: nothing, warn: nothing, error: nothing }
  const config = parseConfig({ secrets: { keyFile: join(folder, 'key') } })
  const clock = { now: () => world.clock.now(), sleep }
  return createRemotes({ database: world.m.database, clock, log, config, instance })
}

const untilClosed: Clock['sleep'] = (_ms, signal) =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))

const here = () => world.app.remotes
const parts = () => ({ m: world.m, secrets: here().secrets })
const credentials = (password: string) => ({ username: 'ann', password })

async function add(name: string, input: RemoteInput = {}): Promise<number> {
  const made = await createRemote(parts(), BY, { name, url: upstream.url, allowPrivate: true, ...input })
  return made.id
}

async function show(name: string) {
  return JSON.parse((await world.api('GET', `/remotes/${name}`, admin.basic)).text)
}

async function tested(name: string) {
  return JSON.parse((await world.api('POST', `/remotes/${name}/test`, admin.basic)).text)
}

describe('a connection', () => {
  test('is one for everybody, until what is known of the remote changes', async () => {
    const id = await add('shared', { credentials: credentials(OTHER) })
    const [one, other] = await Promise.all([here().open(id), here().open(id)])
    expect(other).toBe(one)
    await expect(one.ping()).rejects.toThrow(/does not let us in/)
    await changeRemote(parts(), BY, 'shared', { credentials: credentials(SECRET) })
    const changed = await here().open(id)
    expect(changed).not.toBe(one)
    await changed.ping()
    expect(await here().open(id)).toBe(changed)
    await changeRemote(parts(), BY, 'shared', { maxConcurrent: 3 })
    expect(await here().open(id)).not.toBe(changed)
  })

  test('takes the password of a file anew when that changes', async () => {
    const path = join(folder, 'password')
    await writeFile(path, `${OTHER}\n`)
    const id = await add('filed', { credentials: { username: 'ann', passwordFile: path } })
    const before = await here().open(id)
    await writeFile(path, `${SECRET}\n`)
    expect(await here().open(id)).toBe(before)
    world.clock.advance(1500)
    const after = await here().open(id)
    expect(after).not.toBe(before)
    await after.ping()
    await rm(path)
    world.clock.advance(1500)
    await expect(here().open(id)).rejects.toThrow(
      `the file ${path} should hold the password of a remote: it cannot be read`,
    )
    expect(await tested('filed')).toMatchObject({ reachable: false, problem: expect.stringContaining(path) })
    expect((await show('filed')).health.lastProblem.message).toContain(path)
    await writeFile(path, `${SECRET}\n`)
    expect(await tested('filed')).toEqual({ reachable: true })
    expect((await show('filed')).health).not.toHaveProperty('lastProblem')
  })

  test('is none any more once the remote was removed', async () => {
    const id = await add('gone')
    await here().open(id)
    await removeRemote(parts(), BY, 'gone')
    await expect(here().open(id)).rejects.toThrow('this remote was removed')
    expect(await here().find('gone')).toBeUndefined()
  })
})

describe('how a remote is', () => {
  test('is said by the API, with its budget and what went wrong', async () => {
    await add('watched', { credentials: credentials(SECRET) })
    expect(await show('watched')).not.toHaveProperty('health')
    const headers = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '41;w=21600' }
    upstream.misbehave({ times: 4, headers })
    expect(await tested('watched')).toEqual({ reachable: true })
    const { health } = await show('watched')
    expect(health).toMatchObject({ failures: 0, credentialsAccepted: true })
    expect(health.budget).toMatchObject({ limit: 100, remaining: 41, windowSeconds: 21_600 })
    expect(health.requests).toBeGreaterThan(0)
    upstream.misbehave({ status: 503 })
    const { reachable, problem } = await tested('watched')
    expect([reachable, typeof problem]).toEqual([false, 'string'])
    expect((await show('watched')).health).toMatchObject({ lastProblem: { message: problem } })
  })

  test('is what all processes saw, also those that did not ask', async () => {
    const id = await add('both', { credentials: credentials(SECRET) })
    const one = processOf('one', untilClosed)
    const other = processOf('other', untilClosed)
    const healthIn = async (remotes: OpenRemotes) => (await remotes.seen([{ id }])).get(id)?.health
    await (await one.open(id)).ping()
    const { requests } = found(await healthIn(one))
    expect(await healthIn(other)).toBeUndefined()
    expect([await one.flush(), await one.flush()]).toEqual([true, false])
    expect(await healthIn(other)).toMatchObject({ requests, signedIn: true })
    await (await other.open(id)).ping()
    await other.flush()
    expect(await healthIn(one)).toMatchObject({ requests: 2 * requests })
    expect(await healthIn(here())).toMatchObject({ requests: 2 * requests })
    // What nobody renewed for an hour is not shown any more.
    world.clock.advance(2 * 3_600_000)
    expect(await healthIn(one)).toMatchObject({ requests })
    expect(await healthIn(here())).toBeUndefined()
    await Promise.all([one.close(), other.close()])
  })

  test('is written down by itself, and goes with the process', async () => {
    const id = await add('noted', { credentials: credentials(SECRET) })
    const third = processOf('third', async () => Bun.sleep(1))
    await (await third.open(id)).ping()
    await untilTrue('it is written', async () => (await here().seen([{ id }])).has(id))
    await third.close()
    expect((await here().seen([{ id }])).get(id)).toBeUndefined()
  })
})

describe('row 50: private addresses are for those who were allowed to', () => {
  test.each([
    'http://127.0.0.1',
    'https://10.0.0.1',
    'https://[::ffff:7f00:1]',
    'https://169.254.169.254',
    'http://localhost',
  ])('%s is refused when it is written down', async (url) => {
    const answer = await world.api('POST', '/remotes', admin.basic, { name: 'private', url })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('--allow-private')])
  })

  test('taking the permission back counts from the next use on', async () => {
    const id = await add('allowed', { credentials: credentials(SECRET) })
    await (await here().open(id)).ping()
    await expect(changeRemote(parts(), BY, 'allowed', { allowPrivate: false })).rejects.toThrow(/--allow-private/)
    await world.m.database.write(async ({ db }) => {
      const { options } = await db
        .selectFrom('remotes')
        .select('options')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      const taken = JSON.stringify({ ...JSON.parse(options), allowPrivate: false })
      await db
        .updateTable('remotes')
        .set((eb) => ({ options: taken, version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute()
    })
    upstream.recover()
    expect(await tested('allowed')).toMatchObject({ reachable: false })
    expect(upstream.count()).toBe(0)
  })
})

describe('berth remote', () => {
  test('does what the API does, and shows no password', async () => {
    await withDataFolder(async ({ path: data }) => {
      const key = ['--data', data]
      const env = { BERTH_SECRETS__KEY_FILE: join(folder, 'key') }
      const run = async (args: readonly string[], input = '') => {
        const result = await berth(['remote', ...args, ...key], { input, env })
        expect(`${result.stdout}${result.stderr}`).not.toContain('canary')
        return result
      }
      expect((await run(['add', 'docker.io'])).stdout).toContain('https://registry-1.docker.io')
      expect(await run(['add', 'site'])).toMatchObject({ code: 1, stderr: expect.stringContaining('quay.io') })
      expect(await run(['add', 'site', 'https://site.example', '--username', 'ann'])).toMatchObject({
        ...{ code: 1, stderr: 'berth: say --password-file or --password-stdin too\n' },
      })
      const flags = ['--allow-private', '--username', 'ann', '--password-stdin', '--requests-per-minute', '60']
      const added = await run(['add', 'site', upstream.url, ...flags], `${SECRET}\n`)
      expect(added.stdout.replaceAll(/ +/g, ' ')).toBe(
        `name site\naddress ${upstream.url}\nuser name ann\npassword stored, encrypted\nprivate addresses allowed\nrequests 8 at a time, 60 a minute\n`,
      )
      expect(await run(['test', 'site'])).toMatchObject({
        code: 0,
        stdout: '"site" is there, and took the password.\n',
      })
      upstream.misbehave({ status: 503 })
      expect(await run(['test', 'site'])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('"site" cannot be used: '),
      })
      upstream.recover()
      expect((await run(['list'])).stdout).toMatch(/^docker\.io .*not asked lately\nsite .*\n$/)
      const moved = await run(['set', 'site', '--url', 'https://elsewhere.example', '--requests-per-minute', 'none'])
      expect(moved.stdout).toContain('Its password was for the old address and is gone')
      expect((await run(['show', 'site'])).stdout).not.toMatch(/a minute|encrypted/)
      expect(await run(['rekey'])).toMatchObject({ code: 0 })
      expect(await run(['remove', 'site'])).toMatchObject({ code: 0, stdout: 'The remote "site" was removed.\n' })
      expect(await run(['show', 'site'])).toMatchObject({ code: 1, stderr: 'berth: there is no remote "site"\n' })
    })
  })

  // With PostgreSQL there is no key without secrets.keyFile.
  test.skipIf(ON_POSTGRES)(
    'a backup holds no password that could be read without the key, which is not in it',
    async () => {
      await withDataFolder(async ({ path: data }) => {
        const [backup, restored] = [join(folder, 'backup'), join(folder, 'restored')]
        const run = async (args: readonly string[], input = '') => berth(args, { input })
        const flags = ['--allow-private', '--username', 'ann', '--password-stdin', '--data', data]
        expect(await run(['remote', 'add', 'site', upstream.url, ...flags], SECRET)).toMatchObject({ code: 0 })
        expect((await stat(join(data, 'secrets.key'))).mode & 0o777).toBe(0o600)
        const key = await readFile(join(data, 'secrets.key'))
        expect(await run(['backup', backup, '--data', data])).toMatchObject({ code: 0 })
        for (const entry of await readdir(backup, { recursive: true, withFileTypes: true })) {
          const bytes = entry.isFile() ? await readFile(join(entry.parentPath, entry.name)) : Buffer.alloc(0)
          expect([entry.name, bytes.includes(SECRET), bytes.includes(key)]).toEqual([entry.name, false, false])
        }
        expect(await run(['restore', backup, '--data', restored])).toMatchObject({ code: 0 })
        const test = () => run(['remote', 'test', 'site', '--data', restored])
        expect(await test()).toMatchObject({
          ...{ code: 1, stdout: expect.stringContaining(`the key file ${join(restored, 'secrets.key')} is missing`) },
        })
        await cp(join(data, 'secrets.key'), join(restored, 'secrets.key'))
        expect(await test()).toMatchObject({ code: 0 })
      })
    },
  )
})
