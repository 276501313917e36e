import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { sql } from 'kysely'
import { runs } from '../../test/properties/parameters.ts'
import { databaseFor, ON_POSTGRES } from '../../test/support/postgres.ts'
import { listAuditCommand, verifyAuditCommand } from '../cli/audit.ts'
import type { AuditEntry, Recorder } from '../events/recorder.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { type DatabasePlace, openDatabase } from '../metadata/open.ts'
import type { Log } from '../observability/log.ts'
import { auditHead } from './head.ts'
import { countWaiting } from './inbox-store.ts'
import { listAudit } from './list.ts'
import { createRecorder } from './recorder.ts'
import { sealAudit } from './sealer.ts'
import { rowsAfter } from './store.ts'
import { verifyAudit } from './verify.ts'

let folder = ''
let address: string | undefined
let database: Database
let now = 0
const clock = { now: () => new Date(now), sleep: systemClock.sleep }
const nothing = () => undefined
const log: Log = { enabled: () => false, debug: nothing, info: nothing, warn: nothing, error: nothing }

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1)
  folder = await mkdtemp(join(tmpdir(), 'berth-seal-'))
  address = ON_POSTGRES ? await databaseFor(folder) : undefined
  database = await open()
})
afterEach(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

function place(): DatabasePlace {
  return { data: folder, database: address }
}

function open(): Promise<Database> {
  return openDatabase(place(), { clock: systemClock, onBroken: nothing })
}

function recorderOf(of: Database): Recorder {
  return createRecorder({ database: of, clock, log, strict: true })
}

function entry(target: string): AuditEntry {
  const actor = { id: 'user:1', name: 'alice', address: '192.0.2.1' }
  return { actor, action: 'manifest.pushed', target, outcome: 'done' }
}

function record(...targets: string[]): Promise<void> {
  return database.write(async (tx) => {
    for (const target of targets) await recorderOf(database).record(tx, entry(target))
  })
}

async function sealedTargets(): Promise<string[]> {
  return (await rowsAfter(database.reader, 0, 100_000)).map(({ target }) => target)
}

async function expectChain(rows: number): Promise<void> {
  expect(await verifyAudit(database.reader)).toMatchObject({ broken: undefined, rows, waiting: 0 })
}

/** Runs everything once in vain before it counts, as an engine does whose transactions may lose against others. */
function losingOnce(inner: Database): Database {
  const twice =
    (write: Database['write']) =>
    async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
      await write(async (tx) => {
        await work(tx)
        throw new Error('lost')
      }).catch((error: Error) => expect(error.message).toBe('lost'))
      return write(work)
    }
  return Object.assign(Object.create(inner) as Database, {
    write: twice((work) => inner.write(work)),
    writeQuietly: twice((work) => inner.writeQuietly(work)),
  })
}

describe('what was committed', () => {
  it('waits outside of the chain, and whoever asks for it finds it there', async () => {
    await record('a', 'b')
    expect(await sealedTargets()).toEqual([])
    expect(await verifyAudit(database.reader)).toMatchObject({ rows: 0, waiting: 2 })
    now += 5000
    const recorder = recorderOf(database)
    await recorder.note(entry('c'))
    await recorder.seal()
    const { items } = await listAudit(database.reader, {})
    expect(items.map(({ id, target, time }) => `${id} ${target} ${time}`)).toEqual([
      '3 c 2026-01-01T00:00:05.000Z',
      '2 b 2026-01-01T00:00:00.000Z',
      '1 a 2026-01-01T00:00:00.000Z',
    ])
    await expectChain(3)
  })

  it('takes several transactions where it is much', async () => {
    const targets = Array.from({ length: 1234 }, (_, index) => String(index))
    await record(...targets)
    await sealAudit(database)
    expect(await sealedTargets()).toEqual(targets)
    await expectChain(1234)
  })

  it('is once there when transactions are done again', async () => {
    const losing = losingOnce(database)
    const recorder = recorderOf(losing)
    await losing.write((tx) => recorder.record(tx, entry('a')))
    await Promise.all([recorder.note(entry('b')), recorder.note(entry('c'))])
    await recorder.seal()
    expect(await sealedTargets()).toEqual(['a', 'b', 'c'])
    await expectChain(3)
  })

  it('is not lost when it becomes visible after what came later', async () => {
    const enter = (id: number) =>
      database.write(async ({ db }) => {
        const draft = JSON.stringify(['user:1', 'ann', '', 'x.done', `t${id}`, 'done', '{}'])
        await db.insertInto('audit_inbox').values({ id, at: now, draft }).execute()
      })
    await enter(8)
    await sealAudit(database)
    await enter(3)
    await sealAudit(database)
    expect(await sealedTargets()).toEqual(['t8', 't3'])
    await expectChain(2)
  })

  it('has its place even when nobody can read it', async () => {
    const drafts = ['{', '[]', '[1,2,3,4,5,6,7]', 'null', '["\\ud800"]']
    await database.write(async ({ db }) => {
      for (const draft of drafts) await db.insertInto('audit_inbox').values({ at: now, draft }).execute()
    })
    await record('a')
    await sealAudit(database)
    const rows = await rowsAfter(database.reader, 0, 10)
    expect(rows.map(({ action }) => action)).toEqual([...drafts.map(() => 'audit.unreadable'), 'manifest.pushed'])
    expect(rows.slice(0, -1).map(({ detail }) => JSON.parse(detail).draft)).toEqual(drafts)
    await expectChain(6)
  })

  it('holds no NUL, which PostgreSQL refuses', async () => {
    await record('a\0b')
    await sealAudit(database)
    expect(await sealedTargets()).toEqual(['a\ufffdb'])
  })
})

describe('several at once', () => {
  type Step = 'record' | 'note' | 'seal' | 'read'
  const steps = fc.array(
    fc.record({
      who: fc.nat({ max: 2 }),
      what: fc.constantFrom<Step>('record', 'record', 'note', 'seal', 'read'),
      many: fc.constantFrom(1, 2, 3, 300),
    }),
    { minLength: 1, maxLength: 40 },
  )

  it('neither lose nor double anything, and nobody reads without what was committed before', async () => {
    const databases = [database, await open(), await open()]
    const recorders = databases.map(recorderOf)
    let name = 0
    let total = 0
    const take = async (who: number, what: Step, many: number): Promise<string[]> => {
      const [of, recorder] = [databases[who] ?? database, recorders[who] ?? recorderOf(database)]
      const targets = Array.from({ length: many }, () => String(name++))
      if (what === 'record')
        await of.writeQuietly(async (tx) => {
          for (const target of targets) await recorder.record(tx, entry(target))
        })
      if (what === 'note') await Promise.all(targets.map((target) => recorder.note(entry(target))))
      if (what === 'record' || what === 'note') return targets
      await recorder.seal()
      return []
    }
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const before = await sealedTargets()
        const committed: string[] = []
        await Promise.all(
          plan.map(async ({ who, what, many }) => {
            const wanted = [...committed]
            committed.push(...(await take(who, what, many)))
            if (what !== 'read') return
            const seen = new Set((await rowsAfter((databases[who] ?? database).reader, total, 100_000)).map(targetOf))
            expect(wanted.filter((target) => !seen.has(target))).toEqual([])
          }),
        )
        await Promise.all(recorders.map((recorder) => recorder.seal()))
        const after = await sealedTargets()
        expect(after.slice(0, before.length)).toEqual(before)
        expect(after.slice(before.length).sort()).toEqual(committed.sort())
        total = after.length
        await expectChain(total)
      }),
      runs(40),
    )
    for (const other of databases.slice(1)) await other.close()
  }, 120_000)

  const targetOf = ({ target }: { readonly target: string }) => target

  it('two processes that write and seal keep one chain', async () => {
    const child = (name: string) =>
      Bun.spawn(
        [process.execPath, `${import.meta.dir}/../../test/support/audit-writer.ts`, folder, name, '150', address ?? ''],
        {
          stdout: 'ignore',
          stderr: 'inherit',
        },
      ).exited
    expect(await Promise.all([child('a'), child('b')])).toEqual([0, 0])
    await sealAudit(database)
    const targets = await sealedTargets()
    expect(new Set(targets).size).toBe(300)
    for (const name of ['a', 'b'])
      expect(targets.filter((target) => target.startsWith(name))).toEqual(
        Array.from({ length: 150 }, (_, index) => `${name}${index}`),
      )
    await expectChain(300)
  }, 60_000)
})

describe('a period', () => {
  it('has its rows even where they are out of order, as those of several servers are', async () => {
    const at = [0, 50, 20, 59, 10, 70, 30, 90, 65, 120].map((seconds) => seconds * 1000)
    const start = now
    for (const [index, offset] of at.entries()) {
      now = start + offset
      await record(`t${index}`)
      await sealAudit(database)
    }
    for (const moment of [0, 10, 25, 50, 59, 66, 100].map((seconds) => seconds * 1000)) {
      const edge = new Date(start + moment)
      const targets = async (filter: object) =>
        (await listAudit(database.reader, filter)).items.map(({ target }) => target).reverse()
      const wanted = (is: (offset: number) => boolean) =>
        at.flatMap((offset, index) => (is(offset) ? [`t${index}`] : []))
      expect(await targets({ since: edge })).toEqual(wanted((offset) => offset >= moment))
      expect(await targets({ until: edge })).toEqual(wanted((offset) => offset < moment))
    }
  })
})

describe('the commands', () => {
  it('say what was committed at once, and so does the head', async () => {
    const out: string[] = []
    await record('repository:a')
    await listAuditCommand(place(), {}, (text) => void out.push(text))
    expect(out.join('')).toContain('repository:a')
    await record('repository:b')
    const heads: unknown[] = []
    const telling = { ...log, info: (_: string, fields?: object) => void heads.push(fields) }
    await auditHead({ database, log: telling, recorder: recorderOf(database) }).run()
    expect(heads).toMatchObject([{ id: 2 }])
  })

  it.skipIf(ON_POSTGRES)('check what is in the chain when the rest cannot get there', async () => {
    await record('a')
    await sealAudit(database)
    await record('b', 'c')
    await database.write(async ({ db }) => {
      await sql`create trigger full before insert on audit begin select raise(abort, 'the disk is full'); end`.execute(
        db,
      )
    })
    const out: string[] = []
    expect(await verifyAuditCommand(place(), {}, (text) => void out.push(text))).toBe(true)
    expect(out.join('')).toContain('1 rows checked')
    expect(out.join('')).toContain('Newer rows that have no place in the chain yet: 2 (the disk is full).')
    expect(await countWaiting(database.reader)).toBe(2)
  })
})
