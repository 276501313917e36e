import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PATIENCE_MS } from '../../test/e2e/support/server.ts'
import { until, untilTrue, within } from '../../test/e2e/support/until.ts'
import { openBeside } from '../../test/support/rows.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { jobTurns } from '../replicas/turns.ts'
import { putReplica } from '../replicas/store.ts'
import { askToCancel, askToRun } from './asks.ts'
import { JobBoard } from './board.ts'
import { describeJobs, type JobDescription } from './describe.ts'
import type { Job } from './job.ts'
import { startScheduler } from './scheduler.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const HOUR_MS = 3_600_000
let folder = ''
let database: Database
let stops: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-board-'))
  database = await openBeside(folder, systemClock)
})
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()))
  stops = []
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

/** Whose runs are shown as such. */
async function sayHere(id: string): Promise<void> {
  const now = systemClock.now()
  const here = { id, host: id, version: '', startedAt: now, seenAt: now, accessVersion: 0 }
  await database.writeQuietly((tx) => putReplica(tx, here))
}

/** One server of several that know of each other by rows, or the only one. */
async function startServer(
  server: string,
  jobs: readonly Job[],
  { isAlone = false } = {},
): Promise<() => Promise<void>> {
  const clock = systemClock
  await sayHere(server)
  const scheduler = startScheduler(jobs, {
    clock,
    onFailure: () => undefined,
    turns: isAlone ? undefined : jobTurns({ database, clock, holder: server }),
    board: new JobBoard({ database, clock, server, isAlone }),
  })
  stops.push(scheduler.stop)
  return scheduler.stop
}

function job(name: string, run: Job['run'], everywhere = false): Job {
  return { name, about: `does ${name}`, everyMs: HOUR_MS, everywhere, run }
}

async function ask(name: string): Promise<void> {
  await database.writeQuietly((tx) => askToRun(tx, name, systemClock.now()))
}

async function described(name: string): Promise<JobDescription | undefined> {
  return (await describeJobs({ database, clock: systemClock })).find((each) => each.job === name)
}

function untilDescribed(what: string, name: string, is: (job: JobDescription) => boolean): Promise<JobDescription> {
  return until(
    what,
    async () => {
      const found = await described(name)
      return found !== undefined && is(found) ? found : undefined
    },
    PATIENCE_MS,
  )
}

test('a job that somebody wants runs once in one of several servers, also right after its turn', async () => {
  const ran: string[] = []
  for (const server of ['a', 'b', 'c']) await startServer(server, [job('work', async () => void ran.push(server))])
  for (const times of [1, 2, 3]) {
    await ask('work')
    await untilDescribed('it ran', 'work', ({ isAsked, runs }) => !isAsked && runs.length === times)
  }
  // The others have looked again by now.
  await ask('work')
  await untilDescribed('it ran', 'work', ({ runs }) => runs.length === 4)
  expect(ran).toHaveLength(4)
  expect((await described('work'))?.last).toMatchObject({ outcome: 'done', asked: true })
})

test('a job of every server runs in each of them', async () => {
  const ran = new Set<string>()
  for (const server of ['a', 'b']) await startServer(server, [job('data', async () => void ran.add(server), true)])
  await ask('data')
  await untilTrue('both ran', () => ran.size === 2, PATIENCE_MS)
})

test('a run is shown with its progress, ends when somebody wants that, and leaves the next alone', async () => {
  let runs = 0
  const work: Job['run'] = async (signal, say) => {
    say?.({ done: ++runs, of: 9, what: 'images' })
    await new Promise((resolve) => signal?.addEventListener('abort', resolve))
  }
  await startServer('a', [job('long', work)])
  await startServer('b', [job('long', work)])
  await ask('long')
  const { running } = await untilDescribed('it runs', 'long', (each) => each.running !== undefined)
  expect(running).toMatchObject({ asked: true, progress: { done: 1, of: 9, what: 'images' } })
  const startedAt = running?.startedAt ?? 0
  await database.writeQuietly((tx) => askToCancel(tx, 'long', startedAt, systemClock.now()))
  const ended = await untilDescribed('it ended', 'long', (each) => each.running === undefined)
  expect(ended.last).toMatchObject({ startedAt, outcome: 'cancelled' })
  await ask('long')
  const again = await untilDescribed('it runs again', 'long', (each) => each.running !== undefined)
  expect(again.running?.progress?.done).toBe(2)
})

test('runs are known after the server was stopped, and one that was killed is said to be lost', async () => {
  const failing = job('failing', () => Promise.reject(new Error('no space left')))
  const stop = await startServer('first', [failing], { isAlone: true })
  await ask('failing')
  await untilDescribed('it failed', 'failing', ({ last }) => last !== undefined)
  await stop()
  expect((await described('failing'))?.last).toMatchObject({ outcome: 'failed', problem: 'no space left', asked: true })

  const endless = job('endless', () => new Promise(() => undefined))
  // Never stopped: as if it had been killed.
  const killed = new JobBoard({ database, clock: systemClock, server: 'second', isAlone: true })
  await sayHere('second')
  startScheduler([endless, failing], { clock: systemClock, onFailure: () => undefined, board: killed })
  await ask('endless')
  await untilDescribed('it runs', 'endless', ({ running }) => running !== undefined)
  await startServer('third', [endless], { isAlone: true })
  const { last, running } = await untilDescribed('it is lost', 'endless', (each) => each.last !== undefined)
  expect([last?.outcome, running]).toEqual(['lost', undefined])
  await untilTrue(
    'what this one has not is forgotten',
    async () => (await described('failing')) === undefined,
    PATIENCE_MS,
  )
})

test('jobs that run all the time write next to nothing', async () => {
  let ran = 0
  const busy: Job = { name: 'busy', about: '', everyMs: 5, run: async () => void ran++ }
  let writes = 0
  const counted: Database = Object.assign(Object.create(database), {
    writeQuietly: (work: Parameters<Database['writeQuietly']>[0]) => {
      writes++
      return database.writeQuietly(work)
    },
  })
  const board = new JobBoard({ database: counted, clock: systemClock, server: 'a', isAlone: true })
  const { stop } = startScheduler([busy], { clock: systemClock, onFailure: () => undefined, board })
  await untilTrue('it ran often', () => ran > 300, PATIENCE_MS)
  expect(writes).toBeLessThan(3)
  await stop()
  expect((await described('busy'))?.last).toMatchObject({ outcome: 'done' })
})

test('a stop does not wait for a database that is away', async () => {
  const away: Database = Object.assign(Object.create(database), { writeQuietly: () => new Promise(() => undefined) })
  const board = new JobBoard({ database: away, clock: systemClock, server: 'a', isAlone: true })
  const { stop } = startScheduler([job('work', async () => undefined)], {
    ...{ clock: systemClock, board },
    onFailure: () => undefined,
  })
  await within('stopping', PATIENCE_MS, stop())
})
