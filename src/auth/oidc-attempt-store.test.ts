import { afterAll, beforeAll, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBeside } from '../../test/support/rows.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import {
  ATTEMPT_LIFETIME_MS,
  type AttemptQuery,
  type OidcAttempt,
  removeExpiredAttempts,
  saveAttempt,
  takeAttempt,
} from './oidc-attempt-store.ts'

const NOW = new Date(Date.UTC(2030, 0, 1))
const LATER = new Date(NOW.getTime() + ATTEMPT_LIFETIME_MS)

let folder = ''
let database: Database
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-attempts-'))
  database = await openBeside(folder, systemClock)
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

async function begun(): Promise<OidcAttempt> {
  const attempt: OidcAttempt = {
    stateHash: `state-${count++}`,
    browserHash: 'browser',
    provider: 'corp',
    nonce: 'n',
    verifier: 'v',
    next: '/projects',
  }
  await database.writeRelaxed((tx) => saveAttempt(tx, attempt, NOW))
  return attempt
}

function take({ stateHash, browserHash }: OidcAttempt, changes: Partial<AttemptQuery> = {}) {
  return database.write((tx) => takeAttempt(tx, { stateHash, browserHash, now: NOW, ...changes }))
}

it('an attempt is taken once', async () => {
  const attempt = await begun()
  expect(await take(attempt)).toEqual(attempt)
  expect(await take(attempt)).toBeUndefined()
})

it('of two who take it at once, one gets it', async () => {
  const attempt = await begun()
  const taken = await Promise.all([take(attempt), take(attempt), take(attempt)])
  expect(taken.filter((one) => one !== undefined)).toEqual([attempt])
})

it('another browser gets nothing and spoils nothing', async () => {
  const attempt = await begun()
  expect(await take(attempt, { browserHash: 'another' })).toBeUndefined()
  expect(await take(attempt)).toEqual(attempt)
})

it('another state gets nothing', async () => {
  expect(await take(await begun(), { stateHash: 'another' })).toBeUndefined()
})

it('it is good for ten minutes, and removed then', async () => {
  const attempt = await begun()
  expect(await take(attempt, { now: LATER })).toBeUndefined()
  await database.write((tx) => removeExpiredAttempts(tx, new Date(LATER.getTime() - 1)))
  expect(await take(attempt, { now: new Date(LATER.getTime() - 1) })).toEqual(attempt)
  const left = await begun()
  await database.write((tx) => removeExpiredAttempts(tx, LATER))
  expect(await take(left)).toBeUndefined()
})

it('never keeps more than ten thousand: the oldest make room', async () => {
  await database.writeQuietly((tx) => removeExpiredAttempts(tx, new Date(LATER.getTime() * 2)))
  await database.writeQuietly(async (tx) => {
    for (let number = 0; number < 10_000; number++) {
      const attempt = {
        stateHash: `many-${number}`,
        browserHash: 'b',
        provider: 'corp',
        nonce: '',
        verifier: '',
        next: '/',
      }
      await saveAttempt(tx, attempt, new Date(NOW.getTime() + number))
    }
  })
  await begun()
  const take = (stateHash: string) =>
    database.writeQuietly((tx) => takeAttempt(tx, { stateHash, browserHash: 'b', now: NOW }))
  expect([await take('many-0'), await take('many-999')]).toEqual([undefined, undefined])
  expect(await take('many-1000')).toBeDefined()
  expect(await take('many-9999')).toBeDefined()
})
