/** Other registries: who may say where they are, and where their passwords are not (Harbor #23671, invariant 19). */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../../src/config/load.ts'
import type { Credentials } from '../../src/remotes/credentials.ts'
import {
  changeRemote,
  createRemote,
  type RemoteManagement,
  rekeyRemotes,
  removeRemote,
} from '../../src/remotes/manage-remotes.ts'
import { purposeOf } from '../../src/remotes/credentials.ts'
import { secretsOf } from '../../src/remotes/open-remotes.ts'
import { findRemote } from '../../src/remotes/store.ts'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { PATIENCE_MS } from '../e2e/support/server.ts'
import { BY, found, type Person, World } from './support/world.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const CANARY = 'canary-of-the-upstream-0815'
const OTHER_CANARY = 'canary-of-the-upstream-4711'

let folder: string
let world: World
let admin: Person
/** Every answer of the API. */
const said: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-remotes-'))
  createKeyFile(join(folder, 'key'))
  createKeyFile(join(folder, 'new-key'))
  world = await World.open({ secrets: { keyFile: join(folder, 'key') } })
  for (const secret of [CANARY, OTHER_CANARY]) world.secrets.add(secret)
  admin = await world.user('root-ann', { systemRole: 'administrator' })
})
afterAll(async () => {
  await world?.checkNoSecrets()
  await world?.checkAudit()
  expect(world?.errors()).toBe('')
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

async function api(method: string, path: string, body?: unknown) {
  const answer = await world.api(method, path, admin.basic, body)
  said.push(answer.text, JSON.stringify([...answer.headers]))
  return { status: answer.status, body: answer.text === '' ? undefined : JSON.parse(answer.text) }
}

const parts = (): RemoteManagement => ({ m: world.m, secrets: world.app.remotes.secrets })
const rowOf = async (name: string) => found(await findRemote(world.m.database.reader, name))

/** What it would sign in with now. */
async function passwordOf(name: string): Promise<string | undefined> {
  const remote = await rowOf(name)
  return remote.sealedPassword && parts().secrets.open(remote.sealedPassword, purposeOf(remote))
}

const STORED: Credentials = { username: 'ann', password: CANARY }

describe('the API of remotes', () => {
  test('one that is well known takes its name only; another one its address', async () => {
    expect(await api('POST', '/remotes', { name: 'docker.io' })).toMatchObject({
      status: 200,
      body: { url: 'https://registry-1.docker.io', trustedHosts: ['auth.docker.io'], credentials: 'none' },
    })
    expect(await api('POST', '/remotes', { name: 'docker.io' })).toMatchObject({ status: 409 })
    expect(await api('POST', '/remotes', { name: 'backup' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('docker.io, quay.io') },
    })
    expect(await api('POST', '/remotes', { name: 'quay.io', url: 'https://mirror.example' })).toMatchObject({
      body: { url: 'https://mirror.example', trustedHosts: [] },
    })
  })

  test('it is listed, shown, changed and removed, and each change has its row in the audit', async () => {
    const before = (await world.audit()).at(-1)?.id ?? 0
    const url = 'https://site.example/registry'
    const made = await api('POST', '/remotes', { name: 'site', url, maxConcurrent: 3, requestsPerMinute: 60 })
    expect(made).toMatchObject({ status: 200, body: { name: 'site', url, maxConcurrent: 3, requestsPerMinute: 60 } })
    expect(made.body).toMatchObject({ allowPrivate: false, insecureHttp: false, ownAuthorities: false })
    const changed = await api('PATCH', '/remotes/site', { requestsPerMinute: null, allowPrivate: true })
    expect(changed.body).toMatchObject({ url, maxConcurrent: 3, allowPrivate: true })
    expect(changed.body).not.toHaveProperty('requestsPerMinute')
    expect((await api('GET', '/remotes/site')).body).toEqual(changed.body)
    expect((await api('GET', '/remotes?after=quay.io')).body).toEqual({ items: [changed.body] })
    expect((await api('GET', '/remotes?limit=1')).body).toMatchObject({
      items: [{ name: 'docker.io' }],
      next: 'docker.io',
    })
    expect((await api('DELETE', '/remotes/site')).status).toBe(204)
    for (const method of ['GET', 'DELETE', 'PATCH'])
      expect((await api(method, '/remotes/site', method === 'PATCH' ? {} : undefined)).status).toBe(404)
    expect((await api('POST', '/remotes/site/test')).status).toBe(404)
    const rows = (await world.audit(before)).map(({ action, target }) => `${action} ${target}`)
    expect(rows).toEqual(['remote.created', 'remote.changed', 'remote.removed'].map((each) => `${each} remote:site`))
  })

  test.each([
    [{ name: 'bad', url: 'https://ann:canary-of-the-upstream-0815@site.example' }],
    [{ name: 'bad', url: 'https://site.example?password=canary-of-the-upstream-0815' }],
    [{ name: 'Bad', url: 'https://site.example' }],
    [{ name: 'bad', url: 'http://site.example' }],
    [{ name: 'bad', url: 'https://site.example', username: 'ann' }],
    [{ name: 'bad', url: 'https://site.example', password: CANARY }],
    [{ name: 'bad', url: 'https://site.example', username: 'a:b', password: CANARY }],
    [{ name: 'bad', url: 'https://site.example', maxConcurrent: 0 }],
    [{ name: 'bad', url: 'https://site.example', trustedHosts: ['https://site.example'] }],
    [{ name: 'bad', url: 'https://site.example', ca: 'none' }],
    // A path that an API caller could name would be sent to the address next to it.
    [{ name: 'bad', url: 'https://site.example', username: 'ann', passwordFile: '/etc/shadow' }],
  ])('bad input changes nothing: %j', async (body) => {
    expect((await api('POST', '/remotes', body)).status).toBe(400)
    expect(await findRemote(world.m.database.reader, 'bad')).toBeUndefined()
  })

  test('one that a source or a replication rule names cannot be removed', async () => {
    const { id } = await createRemote(parts(), BY, { name: 'needed', url: 'https://needed.example' })
    const project = await world.project('hub')
    const { database } = world.m
    const source = { remote_id: id, prefix: '', mode: 'cache', options: '{}', created_at: 0 } as const
    await database.write(async ({ db }) => {
      for (const project_id of [project.id, null])
        await db
          .insertInto('sources')
          .values({ ...source, project_id, position: 1 })
          .execute()
      const rule = { name: 'nightly', remote_id: id, direction: 'push', body: '{}', enabled: 0 } as const
      await db
        .insertInto('replication_rules')
        .values({ ...rule, created_by: '', created_at: 0, next_run_at: null })
        .execute()
    })
    expect(await api('DELETE', '/remotes/needed')).toMatchObject({
      status: 409,
      body: {
        detail: `the remote "needed" is needed by a source of the project hub and by a source of the whole registry and by the replication rule nightly: remove that first`,
      },
    })
    await database.write(async ({ db }) => {
      await db.deleteFrom('sources').execute()
      await db.deleteFrom('replication_rules').execute()
    })
    expect((await api('DELETE', '/remotes/needed')).status).toBe(204)
  })
})

describe('Harbor #23671: a password goes only to where it was for', () => {
  async function made(name: string, more: object = {}): Promise<void> {
    const url = 'https://site.example/a'
    await createRemote(parts(), BY, { name, url, trustedHosts: ['auth.example'], credentials: STORED, ...more })
  }

  test.each([
    ['another host', { url: 'https://evil.example/a' }],
    ['another port', { url: 'https://site.example:444/a' }],
    ['plain HTTP', { url: 'http://site.example/a', insecureHttp: true }],
    ['a further host that may see it', { trustedHosts: ['auth.example', 'evil.example'] }],
  ])('with %s it is gone', async (label, body) => {
    const name = `moves-${label.replaceAll(' ', '-').toLowerCase()}`
    await made(name)
    expect((await api('PATCH', `/remotes/${name}`, body)).body).toMatchObject({ credentials: 'none' })
    expect(await rowOf(name)).toMatchObject({ username: undefined, sealedPassword: undefined, hasPassword: false })
  })

  test.each([
    ['another path of the same', { url: 'https://site.example/b' }],
    ['fewer hosts', { trustedHosts: [] }],
    ['other limits', { maxConcurrent: 2, allowPrivate: true }],
  ])('with %s it stays', async (label, body) => {
    const name = `stays-${label.replaceAll(' ', '-')}`
    await made(name)
    expect((await api('PATCH', `/remotes/${name}`, body)).body).toMatchObject({ credentials: 'stored' })
    expect(await passwordOf(name)).toBe(CANARY)
  })

  test('a new one may come along with the new address', async () => {
    await made('both')
    const body = { url: 'https://new.example', username: 'bob', password: OTHER_CANARY }
    expect((await api('PATCH', '/remotes/both', body)).body).toMatchObject({ username: 'bob', credentials: 'stored' })
    expect(await passwordOf('both')).toBe(OTHER_CANARY)
  })

  test('so is the file that holds one', async () => {
    await made('filed', { credentials: { username: 'ann', passwordFile: join(folder, 'password') } })
    expect((await api('GET', '/remotes/filed')).body).toMatchObject({ credentials: 'file' })
    expect((await api('PATCH', '/remotes/filed', { url: 'https://evil.example' })).body.credentials).toBe('none')
  })

  test('whoever moves it in the database does not get it either', async () => {
    await made('moved')
    await made('victim')
    const { sealedPassword = '' } = await rowOf('victim')
    await world.m.database.write(async ({ db }) => {
      await db.updateTable('remotes').set({ url: 'https://evil.example' }).where('name', '=', 'moved').execute()
    })
    expect(passwordOf('moved')).rejects.toThrow(/sealed for something else/)
    await world.m.database.write(async ({ db }) => {
      const row = { url: 'https://site.example/a', password: sealedPassword }
      await db.updateTable('remotes').set(row).where('name', '=', 'moved').execute()
    })
    expect(passwordOf('moved')).rejects.toThrow(/sealed for something else/)
    expect(await passwordOf('victim')).toBe(CANARY)
  })
})

describe('the password of a remote', () => {
  test('invariant 19: is in no answer, log, audit row or text of the database', async () => {
    const body = { name: 'canary', url: 'https://canary.example', username: 'ann', password: CANARY }
    expect((await api('POST', '/remotes', body)).status).toBe(200)
    await api('PATCH', '/remotes/canary', { username: 'ann', password: OTHER_CANARY })
    await api('GET', '/remotes/canary')
    await api('GET', '/remotes')
    await api('GET', '/audit?limit=1000')
    expect(await passwordOf('canary')).toBe(OTHER_CANARY)
    const rows = JSON.stringify(await world.query('select * from remotes'))
    for (const secret of [CANARY, OTHER_CANARY])
      for (const form of [
        secret,
        Buffer.from(secret).toString('base64'),
        Buffer.from(`ann:${secret}`).toString('base64'),
      ]) {
        expect(rows).not.toContain(form)
        expect(said.join('\n')).not.toContain(form)
        expect(world.log()).not.toContain(form)
      }
    const audit = (await world.audit()).filter(({ target }) => target === 'remote:canary')
    expect(audit.map(({ detail }) => JSON.parse(detail))).toMatchObject([
      { username: 'ann', newPassword: true },
      { username: 'ann', newPassword: true },
    ])
    expect((await api('PATCH', '/remotes/canary', { username: null })).body).toMatchObject({ credentials: 'none' })
  })

  test('is refused where there is no key that all replicas know; the path of a file is not', async () => {
    const config = parseConfig({ database: 'postgres://db.example/berth' })
    const without = { m: world.m, secrets: secretsOf(config) }
    const input = { name: 'keyless', url: 'https://keyless.example' }
    await expect(createRemote(without, BY, { ...input, credentials: STORED })).rejects.toThrow(
      /set secrets.keyFile to the same file on every replica/,
    )
    expect(await findRemote(world.m.database.reader, 'keyless')).toBeUndefined()
    const credentials = { username: 'ann', passwordFile: join(folder, 'password') }
    expect(await createRemote(without, BY, { ...input, credentials })).toMatchObject({ hasPassword: true })
  })

  test('is encrypted anew when the key changes', async () => {
    await createRemote(parts(), BY, { name: 'rekeyed', url: 'https://rekeyed.example', credentials: STORED })
    const config = (more: object) => parseConfig({ secrets: { keyFile: join(folder, 'new-key'), ...more } })
    const without = { m: world.m, secrets: secretsOf(config({})) }
    await expect(rekeyRemotes(without, BY)).rejects.toThrow(/another key/)
    const secrets = secretsOf(config({ previousKeyFiles: [join(folder, 'key')] }))
    // What another test damaged is not what this one is about.
    await removeRemote(parts(), BY, 'moved')
    const count = (await world.query('select id from remotes where password is not null')).length
    expect(await rekeyRemotes({ m: world.m, secrets }, BY)).toBe(count)
    expect(await rekeyRemotes({ m: world.m, secrets }, BY)).toBe(0)
    const remote = await rowOf('rekeyed')
    expect(without.secrets.open(remote.sealedPassword ?? '', purposeOf(remote))).toBe(CANARY)
    expect(remote.version).toBeGreaterThan(2)
  })

  test('cannot be used for anything but what was said last', async () => {
    await createRemote(parts(), BY, { name: 'twice', url: 'https://twice.example', credentials: STORED })
    const { remote } = await changeRemote(parts(), BY, 'twice', {
      credentials: { username: 'ann', passwordFile: join(folder, 'password') },
    })
    expect(remote).toMatchObject({ sealedPassword: undefined, passwordFile: join(folder, 'password') })
  })
})
