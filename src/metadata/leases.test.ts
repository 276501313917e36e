import { afterAll, beforeAll, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBeside } from '../../test/support/rows.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database } from './db.ts'
import { readJobState, writeJobState } from './job-state.ts'
import { hasLease, releaseLease, removeLeases, takeLease } from './leases.ts'

let folder = ''
let database: Database

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-leases-'))
  database = await openBeside(folder, systemClock)
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

const TTL_MS = 1000

function take(name: string, holder: string, atMs: number): Promise<boolean> {
  return database.write((tx) => takeLease(tx, { name, holder, now: new Date(atMs), ttlMs: TTL_MS }))
}

function has(prefix: string, atMs: number): Promise<boolean> {
  return hasLease(database.reader, prefix, new Date(atMs))
}

it('one holder at a time: renewed by itself, taken by another only when it has expired', async () => {
  expect(await take('one', 'a', 0)).toBe(true)
  expect(await take('one', 'b', 500)).toBe(false)
  expect(await take('one', 'a', 500)).toBe(true)
  expect(await take('one', 'b', 1499)).toBe(false)
  expect(await take('one', 'b', 1500)).toBe(true)
  expect(await take('one', 'a', 1600)).toBe(false)
})

it('is seen by its prefix until it expires or is released by its holder', async () => {
  expect(await has('backup:', 0)).toBe(false)
  await take('backup:1', 'a', 0)
  expect([await has('backup:', 999), await has('backup:', 1000), await has('backup;', 0)]).toEqual([true, false, false])
  await database.write((tx) => releaseLease(tx, 'backup:1', 'b'))
  expect(await has('backup:', 0)).toBe(true)
  await database.write((tx) => releaseLease(tx, 'backup:1', 'a'))
  expect(await has('backup:', 0)).toBe(false)
})

it('expired ones can be forgotten, or all', async () => {
  await take('backup:old', 'a', 0)
  await take('backup:new', 'a', 5000)
  await database.write((tx) => removeLeases(tx, new Date(5000)))
  expect([await has('backup:old', 0), await has('backup:new', 5000)]).toEqual([false, true])
  await database.write((tx) => removeLeases(tx, undefined))
  expect(await has('', 0)).toBe(false)
})

it('a job finds what it wrote last', async () => {
  expect(await readJobState(database.reader, 'x')).toBeUndefined()
  for (const at of [1, 2]) await database.write((tx) => writeJobState(tx, 'x', { at }, new Date(at)))
  expect(await readJobState(database.reader, 'x')).toEqual({ at: 2 })
})
