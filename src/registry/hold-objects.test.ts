import { afterAll, beforeAll, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { hasLease } from '../metadata/leases.ts'
import { openSqlite } from '../metadata/sqlite.ts'
import { whileHeld } from './hold-objects.ts'

let folder = ''
let database: Database
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-hold-'))
  const path = join(folder, 'berth.db')
  database = await openSqlite({ path, clock: systemClock, onBroken: () => undefined })
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

/** Time passes only by its sleeps, which end at once, and by hand. */
function fastClock(): Clock & { pass(ms: number): void } {
  let now = 0
  return {
    now: () => new Date(now),
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (!signal?.aborted) now += ms
    },
    pass: (ms) => {
      now += ms
    },
  }
}

it('holds from the first moment, is renewed for as long as the work takes, and ends with it', async () => {
  const clock = fastClock()
  const isHeld = () => hasLease(database.reader, 'backup:', clock.now())
  await whileHeld({ database, clock }, async (hold) => {
    expect(await isHeld()).toBe(true)
    await hold.startRenewing()
    while (clock.now().getTime() < 600_000) {
      expect(await isHeld()).toBe(true)
      hold.check()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })
  expect(await isHeld()).toBe(false)
})

it('ends also when the work fails', async () => {
  const clock = fastClock()
  const failing = whileHeld({ database, clock }, async () => {
    throw new Error('no room')
  })
  await expect(failing).rejects.toThrow('no room')
  expect(await hasLease(database.reader, 'backup:', clock.now())).toBe(false)
})

it('a process that stood still for too long learns that its objects may be gone', async () => {
  const clock = { ...fastClock(), sleep: systemClock.sleep }
  await whileHeld({ database, clock }, async (hold) => {
    await hold.startRenewing()
    hold.check()
    clock.pass(120_001)
    expect(() => hold.check()).toThrow('run it again')
  })
})
