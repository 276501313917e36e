import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { runs } from '../../test/properties/parameters.ts'
import { databaseFor, ON_POSTGRES } from '../../test/support/postgres.ts'
import { exportAuditCommand, listAuditCommand, verifyAuditCommand } from '../cli/audit.ts'
import type { AuditEntry } from '../events/recorder.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { type DatabasePlace, openDatabase } from '../metadata/open.ts'
import { writeJobState } from '../metadata/job-state.ts'
import type { Log } from '../observability/log.ts'
import { RECOVERY_STATE } from '../registry/recovery-keys.ts'
import type { AuditRow } from './chain.ts'
import { DETAIL_BYTES, detailText } from './detail.ts'
import { auditHead } from './head.ts'
import { type AuditFilter, listAudit } from './list.ts'
import { MAX_WAITING } from './notes.ts'
import { createRecorder } from './recorder.ts'
import { auditRetention, UNSENT_EXTRA_MS } from './retention.ts'
import { sealAudit } from './sealer.ts'
import { advanceExported, findHead, readState, rowsAfter } from './store.ts'
import { verifyAudit } from './verify.ts'

let folder = ''
let address: string | undefined
let database: Database
let now = 0
const clock: Clock = { now: () => new Date(now), sleep: systemClock.sleep }
const lines: string[] = []
const keep = (message: string) => void lines.push(message)
const log: Log = { enabled: () => true, debug: keep, info: keep, warn: keep, error: keep }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-audit-'))
  if (ON_POSTGRES) address = await databaseFor(folder)
  database = await open()
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  now = Date.UTC(2026, 0, 1)
  lines.length = 0
  await database.write(async ({ db }) => {
    await db.deleteFrom('audit').execute()
    await db.deleteFrom('audit_inbox').execute()
    await db.updateTable('audit_state').set({ anchor_id: 0, anchor_hash: '', exported_id: 0 }).execute()
  })
})

function place(): DatabasePlace {
  return { data: folder, database: address }
}

function open(): Promise<Database> {
  return openDatabase(place(), { clock: systemClock, onBroken: () => undefined })
}

function recorderOf(of: Database) {
  return createRecorder({ database: of, clock, log, strict: true })
}

function entry(change: Partial<AuditEntry> = {}): AuditEntry {
  const actor = { id: 'user:1', name: 'alice', address: '192.0.2.1' }
  return { actor, action: 'manifest.pushed', target: 'repository:team/app', outcome: 'done', ...change }
}

async function record(...entries: AuditEntry[]): Promise<void> {
  await database.write(async (tx) => {
    for (const one of entries) await recorderOf(database).record(tx, one)
  })
  await sealAudit(database)
}

async function allRows(): Promise<AuditRow[]> {
  await sealAudit(database)
  return rowsAfter(database.reader, 0, 100_000)
}

describe('the recorder', () => {
  it('a row is there exactly when the change is', async () => {
    const failing = database.write(async (tx) => {
      await recorderOf(database).record(tx, entry())
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await allRows()).toEqual([])
    await record(entry({ detail: { digest: 'x' } }))
    expect(await allRows()).toMatchObject([{ id: 1, at: now, actor: 'user:1', detail: '{"digest":"x"}' }])
  })

  it('two databases on one file keep one chain', async () => {
    const other = await open()
    const recorders = [recorderOf(database), recorderOf(other)] as const
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const [of, recorder] = index % 2 === 0 ? [database, recorders[0]] : [other, recorders[1]]
        await (index % 3 === 0 ? recorder.note(entry()) : of.write((tx) => recorder.record(tx, entry())))
        await recorder.seal()
      }),
    )
    await other.close()
    expect(await verifyAudit(database.reader)).toMatchObject({ broken: undefined, rows: 60 })
  })

  it('notes that come at once share transactions, and are written when the promise resolves', async () => {
    const { counting, count } = counted()
    const recorder = recorderOf(counting)
    await Promise.all(Array.from({ length: 400 }, () => recorder.note(entry())))
    expect(await allRows()).toHaveLength(400)
    expect(count()).toBeLessThanOrEqual(2)
  })

  it('counts refused sign-ins when too much waits, and refuses everything else', async () => {
    const recorder = recorderOf(database)
    const refused = entry({ action: 'sign-in', outcome: 'refused' })
    // The first is being written at once, while the others wait.
    const notes = Array.from({ length: MAX_WAITING + 1 + 7 }, () => recorder.note(refused))
    await expect(recorder.note(entry())).rejects.toThrow('keep up')
    await Promise.all(notes)
    const rows = await allRows()
    expect(rows).toHaveLength(MAX_WAITING + 2)
    expect(rows.at(-1)).toMatchObject({ action: 'sign-in', outcome: 'refused', detail: '{"omitted":7}' })
    expect((await verifyAudit(database.reader)).broken).toBeUndefined()
  }, 30_000)

  it('a note that could not be written says so', async () => {
    const broken: Database = Object.assign(Object.create(database) as Database, {
      writeQuietly: () => Promise.reject(new Error('disk full')),
    })
    await expect(recorderOf(broken).note(entry())).rejects.toThrow('disk full')
  })
})

function counted() {
  let transactions = 0
  const counting: Database = Object.assign(Object.create(database) as Database, {
    writeQuietly: (work: Parameters<Database['writeQuietly']>[0]) => {
      transactions++
      return database.writeQuietly(work)
    },
  })
  return { counting, count: () => transactions }
}

describe('details', () => {
  const refuse = (key: string) => {
    throw new Error(`secret: ${key}`)
  }
  it.each(['password', 'Secret', 'token', 'Authorization', 'client_secret', 'refreshToken'])(
    '%p is left out',
    (key) => {
      const left: string[] = []
      const detail = { a: [{ [key]: 'canary' }], b: 1 }
      expect(JSON.parse(detailText(detail, (found) => left.push(found)))).toEqual({ a: [{}], b: 1 })
      expect(left).toEqual([key])
      expect(() => detailText(detail, refuse)).toThrow(key)
    },
  )
  it('that there was a secret, or how many, is none', () => {
    expect(JSON.parse(detailText({ secret: true, tokens: 3, secretId: 'x' }, refuse))).toEqual({
      secret: true,
      tokens: 3,
      secretId: 'x',
    })
  })
  it('outside of tests the key goes and the log tells', async () => {
    const recorder = createRecorder({ database, clock, log })
    await recorder.note(entry({ detail: { password: 'canary', kept: 1 } }))
    expect((await allRows())[0]?.detail).toBe('{"kept":1}')
    expect(lines.join()).toContain('looks like a secret')
  })
  it('is never longer than allowed, and is JSON that says it was cut', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ minLength: 0, maxLength: 9000, size: 'max' })), (detail) => {
        const text = detailText({ ...detail, long: 'é\n'.repeat(5000), many: Array(3000).fill('tag') }, () => undefined)
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(DETAIL_BYTES)
        expect(JSON.parse(text)).toMatchObject({ cut: true })
      }),
      runs(50),
    )
  })
})

const words = fc.string({ unit: 'binary', maxLength: 12 })
const anyEntry: fc.Arbitrary<AuditEntry> = fc.record({
  actor: fc.record({ id: words, name: words, address: words }),
  action: words,
  target: words,
  outcome: fc.constantFrom('done', 'refused'),
  detail: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.string({ unit: 'binary' })),
})

type Change = 'flip' | 'remove' | 'swap' | 'insert'
const FIELDS = ['at', 'actor', 'actor_name', 'address', 'action', 'target', 'outcome', 'detail', 'hash'] as const

describe('verify', () => {
  const change = fc.constantFrom<Change>('flip', 'remove', 'swap', 'insert')

  it('finds any single change of any row', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEntry, { minLength: 2, maxLength: 8 }),
        change,
        fc.nat(),
        fc.constantFrom(...FIELDS),
        async (entries, kind, at, field) => {
          await database.write(async ({ db }) => void (await db.deleteFrom('audit').execute()))
          await record(...entries)
          const expectHead = await findHead(database.reader)
          const sound = await verifyAudit(database.reader, { expectHead, pageSize: 3 })
          expect(sound).toMatchObject({ broken: undefined, rows: entries.length, expected: 'found' })
          await tamper(kind, 1 + (at % entries.length), field)
          expect((await verifyAudit(database.reader, { expectHead, pageSize: 3 })).broken).toBeDefined()
        },
      ),
      runs(150),
    )
  }, 60_000)

  async function tamper(kind: Change, id: number, field: (typeof FIELDS)[number]): Promise<void> {
    const rows = await allRows()
    const row = rows[id - 1]
    const other = rows[id % rows.length]
    if (row === undefined || other === undefined) throw new Error('no such row')
    if (kind === 'flip') rows[id - 1] = { ...row, [field]: field === 'at' ? row.at + 1 : `${row[field]}x` }
    if (kind === 'remove') rows.splice(id - 1, 1)
    if (kind === 'swap') {
      rows[id - 1] = { ...other, id: row.id }
      rows[other.id - 1] = { ...row, id: other.id }
    }
    if (kind === 'insert') {
      rows.splice(id - 1, 0, { ...row, actor: 'mallory' })
      rows.forEach((one, index) => {
        rows[index] = { ...one, id: index + 1 }
      })
    }
    await replace(rows)
  }

  it.each([
    ['changed', (rows: AuditRow[]) => rows.map((row) => (row.id === 3 ? { ...row, target: 'x' } : row)), 3],
    ['missing', (rows: AuditRow[]) => rows.filter((row) => row.id !== 3), 3],
    ['missing', (rows: AuditRow[]) => rows.slice(0, 4), 5],
    ['missing', () => [], 1],
    [
      'reordered',
      (rows: AuditRow[]) => rows.map((row) => ({ ...(rows[{ 2: 3, 4: 1 }[row.id] ?? row.id - 1] ?? row), id: row.id })),
      2,
    ],
    [
      'foreign',
      (rows: AuditRow[]) =>
        [...rows.slice(0, 2), ...rows.slice(1).map((row) => ({ ...row, id: row.id + 1 }))].map((row) =>
          row.id === 2 ? { ...row, actor: 'mallory' } : row,
        ),
      2,
    ],
    ['foreign', (rows: AuditRow[]) => [{ ...(rows[0] as AuditRow), id: 0 }, ...rows], 0],
  ] as const)('says %s', async (what, edit, id) => {
    await record(...Array.from({ length: 5 }, (_, index) => entry({ detail: { index } })))
    const expectHead = await findHead(database.reader)
    await replace(edit(await allRows()))
    expect((await verifyAudit(database.reader, { expectHead })).broken).toEqual({ id, what })
  })

  it('a chain that was written anew is sound without, and found out with, a head noted before', async () => {
    await record(entry(), entry())
    const expectHead = await findHead(database.reader)
    await database.write(async ({ db }) => void (await db.deleteFrom('audit').execute()))
    await record(entry(), entry({ actor: { id: 'x', name: 'x', address: '' } }), entry())
    expect((await verifyAudit(database.reader)).broken).toBeUndefined()
    expect((await verifyAudit(database.reader, { expectHead })).broken).toEqual({ id: 2, what: 'changed' })
  })

  async function replace(rows: readonly AuditRow[]): Promise<void> {
    await database.write(async ({ db }) => {
      await db.deleteFrom('audit').execute()
      for (const row of rows) await db.insertInto('audit').values(row).execute()
    })
  }
})

describe('retention', () => {
  const HOUR = 3_600_000
  const job = (exporting = false, batchRows = 5000) =>
    auditRetention({ database, clock, log, recorder: recorderOf(database), keepMs: HOUR, exporting, batchRows })

  it('removes what is old in batches, says so, and the chain stays verifiable', async () => {
    await record(entry(), entry(), entry(), entry(), entry())
    now += HOUR
    await record(entry(), entry())
    now += 1
    await job(false, 2).run()
    const rows = await allRows()
    expect(rows.map((row) => row.id)).toEqual([6, 7, 8, 9, 10])
    expect(rows.slice(2).map((row) => JSON.parse(row.detail).rows)).toEqual([2, 2, 1])
    expect(await verifyAudit(database.reader)).toMatchObject({ broken: undefined, rows: 5, anchor: { id: 5 } })
  })

  it('removes even all there were, and ids go on', async () => {
    await record(entry(), entry())
    now += 2 * HOUR
    await job().run()
    expect(await allRows()).toMatchObject([{ id: 3, action: 'audit.pruned' }])
    expect((await verifyAudit(database.reader, { expectHead: { id: 1, hash: 'x' } })).expected).toBe('removed')
  })

  it('waits for rows to be in the recovery log, for thirty days', async () => {
    await record(entry(), entry())
    const options = {
      database,
      clock,
      log,
      recorder: recorderOf(database),
      keepMs: HOUR,
      exporting: false,
      logging: true,
    }
    now += 2 * HOUR
    await auditRetention(options).run()
    expect((await readState(database.reader)).anchor.id).toBe(0)
    await database.write((tx) => writeJobState(tx, RECOVERY_STATE, { epochs: [], cursor: 1 }, clock.now()))
    await auditRetention(options).run()
    expect((await readState(database.reader)).anchor.id).toBe(1)
    now += UNSENT_EXTRA_MS
    await auditRetention(options).run()
    expect((await readState(database.reader)).anchor.id).toBe(2)
  })

  it('waits for rows to be exported, for thirty days', async () => {
    await record(entry(), entry())
    await database.write((tx) => advanceExported(tx, 1))
    now += 2 * HOUR
    await job(true).run()
    expect((await readState(database.reader)).anchor.id).toBe(1)
    now += UNSENT_EXTRA_MS
    await job(true).run()
    expect((await readState(database.reader)).anchor.id).toBe(2)
  })

  it('does nothing when nothing is old', async () => {
    await record(entry())
    await job().run()
    expect(await allRows()).toHaveLength(1)
  })
})

describe('the list', () => {
  const bob = { id: 'user:2', name: 'bob', address: '' }
  const typed = { id: 'anonymous', name: 'alice', address: '' }
  beforeEach(async () => {
    await record(entry(), entry({ actor: bob, action: 'manifest.deleted', target: 'repository:b' }))
    now += 1000
    await record(
      entry({ actor: typed, action: 'sign-in', outcome: 'refused' }),
      entry({ action: 'user.created', actor: bob }),
    )
  })
  const ids = async (filter: AuditFilter) => (await listAudit(database.reader, filter)).items.map((row) => row.id)

  it.each<[AuditFilter, number[]]>([
    [{}, [4, 3, 2, 1]],
    [{ actor: 'alice' }, [3, 1]],
    [{ actor: 'user:2' }, [4, 2]],
    [{ actor: 'anonymous' }, [3]],
    [{ actor: 'bob', action: 'manifest.' }, [2]],
    [{ action: 'sign-in' }, [3]],
    [{ action: 'manifest.' }, [2, 1]],
    [{ action: 'manifest' }, []],
    [{ target: 'repository:b' }, [2]],
    [{ outcome: 'refused' }, [3]],
    [{ since: new Date(Date.UTC(2026, 0, 1) + 1) }, [4, 3]],
    [{ until: new Date(Date.UTC(2026, 0, 1) + 1000) }, [2, 1]],
    [{ since: new Date(0), until: new Date(1) }, []],
  ])('%j gives %j', async (filter, expected) => {
    expect(await ids(filter)).toEqual(expected)
    const paged: number[] = []
    for (let before: number | undefined; ;) {
      const page = await listAudit(database.reader, filter, { before, limit: 1 })
      paged.push(...page.items.map((row) => row.id))
      if (page.next === undefined) break
      before = page.next
    }
    expect(paged).toEqual(expected)
  })

  // PostgreSQL plans by how many rows there are, and here are few.
  it
    .skipIf(ON_POSTGRES)
    .each<AuditFilter>([
      { actor: 'alice' },
      { action: 'sign-in' },
      { action: 'manifest.' },
      { target: 'x' },
      { outcome: 'refused' },
      { since: new Date(0) },
      { until: new Date() },
      { actor: 'alice', since: new Date(0), outcome: 'done', action: 'manifest.' },
    ])('%j never scans the table, nor sorts', async (filter) => {
    for (const plan of await plansOf(filter)) {
      expect(plan).not.toMatch(/SCAN audit(?!_state)/)
      expect(plan).not.toMatch(/TEMP B-TREE/)
    }
  })

  async function plansOf(filter: AuditFilter): Promise<string[]> {
    const queries: { readonly sql: string; readonly parameters: readonly unknown[] }[] = []
    const plugin = database.reader.db.withPlugin({
      transformQuery: ({ node }) => {
        queries.push(database.reader.db.getExecutor().compileQuery(node, { queryId: 'plan' } as never))
        return node
      },
      transformResult: async ({ result }) => result,
    })
    await listAudit({ ...database.reader, db: plugin }, filter, { limit: 1 })
    expect(queries.length).toBeGreaterThan(0)
    const plans: string[] = []
    // A connection of its own: to explain a recursive query leaves Bun's in the snapshot that it had.
    const explaining = await open()
    for (const query of queries) {
      const rows = await explaining.reader.run(
        { ...query, sql: `explain query plan ${query.sql}` } as never,
        query.parameters,
      )
      plans.push(...(rows as { detail: string }[]).map((row) => row.detail))
    }
    await explaining.close()
    return plans
  }
})

describe('the commands', () => {
  it('list aligned lines that cannot harm a terminal', async () => {
    await record(
      entry({ actor: { id: 'x', name: 'a\u001b[31m\n\u202e', address: '' }, detail: { n: 1 } }),
      entry({ action: 'sign-in' }),
    )
    const out: string[] = []
    await listAuditCommand(place(), {}, (text) => void out.push(text))
    expect(out).toHaveLength(2)
    expect(out.join('')).not.toMatch(/[^\x20-\x7e\n]/)
    expect(out[1]).toContain('a\\u{1b}[31m\\u{a}\\u{202e}')
    expect(out[0]?.indexOf('repository:')).toBe(out[1]?.indexOf('repository:') ?? -1)
  })

  it('verify says the head, export gives every row, oldest first', async () => {
    await record(entry(), entry({ detail: { b: 1 } }))
    const { id, hash } = await findHead(database.reader)
    const out: string[] = []
    const write = (text: string) => void out.push(text)
    expect(await verifyAuditCommand(place(), { expectHead: `${id}:${hash}` }, write)).toBe(true)
    expect(out.join('')).toContain(`Head: 2:${hash}`)
    expect(await verifyAuditCommand(place(), { expectHead: `3:${hash}` }, write)).toBe(false)
    out.length = 0
    await exportAuditCommand(place(), { since: new Date(0) }, write)
    const rows = out
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toMatchObject([{ id: 1 }, { id: 2, detail: { b: 1 }, hash }])
    await expect(verifyAuditCommand(place(), { expectHead: 'x' }, write)).rejects.toThrow('ID:HASH')
  })

  it('the head goes to the log', async () => {
    await auditHead({ database, log, recorder: recorderOf(database) }).run()
    expect(lines).toEqual(['audit head'])
  })
})
