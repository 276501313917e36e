import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { sql } from 'kysely'
import type { Database, Transaction } from '../../src/metadata/db.ts'
import { removeReplica } from '../../src/replicas/store.ts'
import { gate, put, putValue, find, valuesOf, changeValue } from './support/rows.ts'
import { describeValues } from './support/values.ts'

/** A database of its own for one test. */
export interface OpenedDatabase {
  readonly database: Database
  /** The same one as another process has it; closed with the first. */
  beside(): Promise<Database>
  /** Closes and removes everything. */
  close(): Promise<void>
}

const WRITES = ['write', 'writeRelaxed', 'writeQuietly', 'writeAccess'] as const

/** What every Database does; one call for each engine. */
export function describeDatabase(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`${name} as a Database`, () => {
    let opened: OpenedDatabase
    let database: Database

    beforeEach(async () => {
      opened = await open()
      database = opened.database
    })
    afterEach(() => opened.close())

    describe.each(WRITES)('%s', (kind) => {
      it('returns what the work returned, and from then on readers see what it did', async () => {
        expect(await database[kind](async (tx) => put(tx, 'a', 1))).toBe('a')
        expect(await find(database.reader, 'a')).toBe(1)
      })

      it('undoes everything when the work throws, says the same error, and goes on', async () => {
        const error = new Error('no')
        const failing = database[kind](async (tx) => {
          await put(tx, 'undone', 1)
          throw error
        })
        expect(await failing.catch((thrown: unknown) => thrown)).toBe(error)
        await database[kind]((tx) => put(tx, 'kept', 1))
        expect(await valuesOf(database.reader)).toEqual({ kept: 1 })
      })

      it('undoes everything when a statement fails, and goes on', async () => {
        await database[kind]((tx) => put(tx, 'there', 1))
        const breaking = database[kind](async (tx) => {
          await put(tx, 'undone', 1)
          await put(tx, 'there', 2)
        })
        await expect(breaking).rejects.toThrow(/unique/i)
        await database[kind]((tx) => put(tx, 'kept', 1))
        expect(await valuesOf(database.reader)).toEqual({ kept: 1, there: 1 })
      })

      it('shows its changes to itself, and to readers only when it is over', async () => {
        const held = gate()
        const writing = database[kind](async (tx) => {
          await put(tx, 'a', 1)
          expect(await find(tx, 'a')).toBe(1)
          await held.pass()
        })
        await held.isReached
        expect(await find(database.reader, 'a')).toBeUndefined()
        held.open()
        await writing
        expect(await find(database.reader, 'a')).toBe(1)
      })
    })

    it('keeps the rules of the schema', async () => {
      const breaking = database.write(({ db }) =>
        db
          .insertInto('tags')
          .values({ repository_id: 4711, name: 'dangling' as never, digest: 'sha256:0' as never, updated_at: 0 })
          .execute(),
      )
      await expect(breaking).rejects.toThrow(/foreign key/i)
    })

    describe('the version', () => {
      it.each(['write', 'writeRelaxed', 'writeAccess'] as const)('changes with a %s of one’s own', async (kind) => {
        await database.refresh()
        const before = database.version()
        await database[kind]((tx) => put(tx, 'a', 1))
        expect(database.version()).not.toBe(before)
      })

      it.each(['write', 'writeRelaxed', 'writeAccess'] as const)(
        'changes with a %s of another process',
        async (kind) => {
          const other = await opened.beside()
          await database.refresh()
          const before = database.version()
          await other[kind]((tx) => put(tx, 'a', 1))
          await database.refresh()
          expect(database.version()).not.toBe(before)
        },
      )

      it('stays while nobody writes', async () => {
        await database.write((tx) => put(tx, 'a', 1))
        await database.refresh()
        const before = database.version()
        for (let round = 0; round < 5; round++) {
          await find(database.reader, 'a')
          await database.refresh()
        }
        expect(database.version()).toBe(before)
      })

      it('of access changes with a change of rights, in every process, and with nothing else', async () => {
        const other = await opened.beside()
        await database.refresh()
        const before = database.accessVersion()
        await other.write((tx) => put(tx, 'a', 1))
        await database.refresh()
        expect(database.accessVersion()).toBe(before)
        await other.writeAccess(raiseAccess)
        await database.refresh()
        const after = database.accessVersion()
        expect(after).not.toBe(before)
        await database.writeAccess(raiseAccess)
        expect(database.accessVersion()).not.toBe(after)
      })
    })

    describe('of two processes at once', () => {
      it('a counter loses nothing', async () => {
        const other = await opened.beside()
        await database.write((tx) => put(tx, 'counter', 0))
        const increment = async (tx: Transaction) => changeValue(tx, 'counter', (await find(tx, 'counter')) ?? 0, 1)
        const worker = async (on: Database) => {
          for (let round = 0; round < ROUNDS; round++) await on.write(increment)
        }
        await Promise.all(Array.from({ length: WORKERS }, (_, index) => worker(index % 2 === 0 ? database : other)))
        expect(await find(database.reader, 'counter')).toBe(ROUNDS * WORKERS)
      }, 120_000)

      it('neither of them decides by what the other is changing (write skew)', async () => {
        const other = await opened.beside()
        for (let round = 0; round < 20; round++) {
          const [one, two] = [`${round}/one`, `${round}/two`]
          await database.write(async (tx) => {
            await put(tx, one, 1)
            await put(tx, two, 1)
          })
          // Each gives up its own row if there is another one left.
          const giveUp = (mine: string, others: string) => async (tx: Transaction) => {
            if ((await find(tx, others)) === 1) await putValue(tx, mine, 0)
          }
          await Promise.all([database.write(giveUp(one, two)), other.write(giveUp(two, one))])
          const left = await valuesOf(database.reader)
          expect((left[one] ?? 0) + (left[two] ?? 0)).toBe(1)
        }
      })

      it('neither of them counts without what the other is adding (phantom)', async () => {
        const other = await opened.beside()
        const addIfFewerThan = (limit: number, name: string) => async (tx: Transaction) => {
          const { length } = Object.keys(await valuesOf(tx))
          await new Promise((resolve) => setImmediate(resolve))
          if (length < limit) await put(tx, name, 1)
        }
        for (let round = 1; round <= 5; round++) {
          const all = Array.from({ length: 12 }, (_, index) =>
            (index % 2 === 0 ? database : other).write(addIfFewerThan(5 * round, `${round}/${index}`)),
          )
          await Promise.all(all)
          expect(Object.keys(await valuesOf(database.reader))).toHaveLength(5 * round)
        }
      })

      it('whoever looks before it inserts is never told that it is there already', async () => {
        const other = await opened.beside()
        const ensure = async (tx: Transaction) => {
          if ((await find(tx, 'only')) !== undefined) return false
          await put(tx, 'only', 1)
          return true
        }
        const made = await Promise.all(
          Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? database : other).write(ensure)),
        )
        expect(made.filter(Boolean)).toHaveLength(1)
      })

      it('long work gets through beside any number of short ones', async () => {
        const other = await opened.beside()
        await database.write((tx) => put(tx, 'counter', 0))
        let isOver = false
        let others = 0
        const disturbing = (async () => {
          for (; !isOver; others++)
            await other.write(async (tx) => changeValue(tx, 'counter', (await find(tx, 'counter')) ?? 0, 1))
        })()
        let runs = 0
        await database.write(async (tx) => {
          runs++
          const before = (await find(tx, 'counter')) ?? 0
          // Long enough that in the meantime somebody commits, unless it has the database to itself.
          await Bun.sleep(60)
          await changeValue(tx, 'counter', before, 1000)
        })
        isOver = true
        await disturbing
        expect(await find(database.reader, 'counter')).toBe(others + 1000)
        expect(runs).toBeLessThan(10)
      }, 30_000)
    })

    it('can be asked whether it can write, and has no damage', async () => {
      await database.probe()
      expect(await database.integrityErrors()).toEqual([])
    })

    it('says that it is not away', async () => {
      await database.refresh()
      expect(database.away()).toBeUndefined()
    })

    it('closes when what was begun is over; what is asked for afterwards is refused', async () => {
      const other = await opened.beside()
      const held = gate()
      const writing = other.write(async (tx) => {
        await put(tx, 'last', 1)
        await held.pass()
      })
      await held.isReached
      const closing = other.close()
      held.open()
      await writing
      await closing
      expect(await find(database.reader, 'last')).toBe(1)
      const late = other.write((tx) => removeReplica(tx, 'late'))
      expect(await late.then(() => 'written').catch(() => 'refused')).toBe('refused')
    })

    describeValues(() => database)
  })
}

const WORKERS = 8
const ROUNDS = 200

async function raiseAccess({ db }: Transaction): Promise<void> {
  await db
    .updateTable('access_state')
    .set({ version: sql<number>`version + 1` })
    .execute()
}
