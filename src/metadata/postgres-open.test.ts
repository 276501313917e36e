import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describeValues } from '../../test/contract/support/values.ts'
import { hasPostgres, type Postgres, startPostgres } from '../../test/support/postgres.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database } from './db.ts'
import { openPostgres } from './postgres.ts'
import { DatabaseUnavailable } from './postgres-errors.ts'

setDefaultTimeout(120_000)

const USER_WITH_PASSWORD = 'careful'

let server: Postgres
let folder = ''
const opened: Database[] = []

async function inServer(text: string, database = 'postgres'): Promise<void> {
  const client = new pg.Client({ connectionString: server.urlOf(database) })
  await client.connect()
  await client.query(text).finally(() => client.end())
}

async function open(database: string, change: (url: URL) => void = () => undefined): Promise<Database> {
  const url = new URL(server.urlOf(database))
  change(url)
  const made = await openPostgres({ url: url.href, clock: systemClock })
  opened.push(made)
  return made
}

async function problemOf(opening: Promise<unknown>): Promise<string> {
  return opening.then(() => 'none').catch((error: Error) => error.message)
}

beforeAll(async () => {
  if (!hasPostgres) return
  folder = await mkdtemp(join(tmpdir(), 'berth-hba-'))
  const rules = join(folder, 'pg_hba.conf')
  await writeFile(rules, `host all ${USER_WITH_PASSWORD} all scram-sha-256\nhost all all all trust\n`)
  await Bun.$`chmod 755 ${folder}`
  server = await startPostgres([`hba_file=${rules}`])
})
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close().catch(() => undefined)))
  await server?.close()
  if (folder !== '') await rm(folder, { recursive: true, force: true })
})

describe.skipIf(!hasPostgres)('a database is made ready', () => {
  it('by any number of servers that start at once, and again by each that starts later', async () => {
    await inServer('create database at_once')
    const all = await Promise.all(Array.from({ length: 6 }, () => open('at_once')))
    all.push(await open('at_once'))
    for (const database of all) await database.probe()
  })

  it('not by an older program than the one that wrote it, which says so and changes nothing', async () => {
    await inServer('create database newer')
    await open('newer')
    await inServer(`insert into kysely_migration values ('9999-future', '2030-01-01T00:00:00.000Z')`, 'newer')
    await inServer(`update job_state set state = '{"readableBy":"9999-future"}' where name = 'schema'`, 'newer')
    expect(await problemOf(open('newer'))).toBe(
      'a newer version of berth has changed this database in a way that this one does not understand: start that version, or restore a backup of before',
    )
  })
})

describe.skipIf(!hasPostgres)('what is wrong with an address is said in a sentence', () => {
  beforeAll(async () => {
    if (!hasPostgres) return
    await inServer(`create role ${USER_WITH_PASSWORD} login password 'right'`)
    await inServer('create database secured')
  })
  const signIn = (password: string) => (url: URL) => void Object.assign(url, { username: USER_WITH_PASSWORD, password })

  it('the password', async () => {
    expect(await problemOf(open('secured', signIn('wrong')))).toBe(
      'the database refused the sign-in: password authentication failed for user "careful"; look at user, password and sslmode of its address (--database)',
    )
  })

  it('a user who may sign in and make no tables', async () => {
    expect(await problemOf(open('secured', signIn('right')))).toMatch(
      /^the database allows too little: permission denied for .*; our user must own the database$/,
    )
    await inServer(`alter database secured owner to ${USER_WITH_PASSWORD}`)
    await (await open('secured', signIn('right'))).probe()
  })

  it('the name of the database', async () => {
    expect(await problemOf(open('absent'))).toBe(
      'the database is not there: database "absent" does not exist; create it, empty, and start again',
    )
  })

  it('the port, and a name that nobody has', async () => {
    const opening = open('secured', (url) => void Object.assign(url, { port: '1' }))
    await expect(opening).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(await problemOf(open('secured', (url) => void Object.assign(url, { hostname: 'nowhere.invalid' })))).toMatch(
      /^the database cannot be reached: .*nowhere\.invalid/,
    )
  })

  it('TLS that the server does not speak', async () => {
    const secured = (url: URL) => url.searchParams.set('sslmode', 'require')
    expect(await problemOf(open('secured', secured))).toBe(
      'the database cannot be reached: The server does not support SSL connections',
    )
  })

  it('an encoding that lacks most letters, before anything is made in it', async () => {
    await inServer(`create database latin encoding 'LATIN1' locale 'C' template template0`)
    expect(await problemOf(open('latin'))).toBe(
      "the database has the encoding LATIN1, and names and annotations need UTF8; make another: create database NAME encoding 'UTF8' template template0",
    )
    await inServer('create table kysely_migration (name text)', 'latin')
  })

  it('a pool that is no number', async () => {
    for (const pool of ['0', 'many', '-1', '1.5'])
      expect(await problemOf(open('secured', (url) => url.searchParams.set('pool', pool)))).toBe(
        `database: pool=${pool} is not a number of connections, 1 to 1000`,
      )
  })
})

describe.skipIf(!hasPostgres)('a database whose own order is that of English', () => {
  let database: Database
  beforeAll(async () => {
    if (!hasPostgres) return
    await inServer(`create database english template template0 locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'`)
    database = await open('english')
  })

  describeValues(
    () => database,
    async () => {
      await inServer('delete from leases; delete from small_blobs; delete from blobs', 'english')
    },
  )
})
