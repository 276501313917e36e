import { beforeEach, describe, expect, it } from 'bun:test'
import { sql } from 'kysely'
import type { Database, Executor } from '../../../src/metadata/db.ts'
import { prepare } from '../../../src/metadata/prepared.ts'
import { put, putValue, find } from './rows.ts'

/** That values come back as they went in, and compare alike on every engine. Each test begins with nothing. */
export function describeValues(database: () => Database, empty: () => Promise<void> = async () => undefined): void {
  describe('values', () => {
    beforeEach(empty)

    it('text is ordered and compared by its bytes', async () => {
      const names = ['a', 'a-b', 'a/b', 'A', 'é', 'a0', 'Z', 'a_b', 'aa', '~', 'b', 'a.b', '😀', '\uffee']
      await database().write(async (tx) => {
        for (const name of names) await put(tx, name, 1)
      })
      const byBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(await pagesOf(database().reader)).toEqual(byBytes)
      const { rows } = await sql<{
        least: string
        most: string
      }>`select min(name) as least, max(name) as most from leases
        where name > 'Z' and name < 'b'`.execute(database().reader.db)
      expect(rows).toEqual([{ least: 'a', most: 'aa' }])
    })

    it('text with a NUL or half a character is no error, and nothing else is called that', async () => {
      const odd = ['n\0ul', '\0', 'half\ud800', '\udfffhalf']
      await database().write((tx) => put(tx, 'nul', 1))
      for (const name of odd) {
        expect(await find(database().reader, name)).toBeUndefined()
        await database().write((tx) => put(tx, name, 2))
        expect(await find(database().reader, name)).toBe(2)
      }
      expect(await find(database().reader, 'nul')).toBe(1)
      expect(await find(database().reader, 'n')).toBeUndefined()
    })

    it('text with a NUL comes where it would in an order of bytes', async () => {
      const names = ['a', 'a!', 'a-', 'aa', 'b']
      await database().write(async (tx) => {
        for (const name of names) await put(tx, name, 1)
      })
      for (const [after, left] of [
        ['\0', 5],
        ['a\0', 4],
        ['a\0z', 4],
        ['a!\0', 3],
        ['b\0', 0],
      ] as const)
        expect(await pagesOf(database().reader, after)).toEqual(names.slice(names.length - left))
    })

    it('text that looks like SQL is text', async () => {
      for (const name of [`x' or '1'='1`, '"; drop table leases; --', '%', '_', '\\', '$1', '?', ':name', '{}', '']) {
        await database().write((tx) => put(tx, name, 3))
        expect(await find(database().reader, name)).toBe(3)
      }
      expect(await find(database().reader, 'x')).toBeUndefined()
    })

    it('whole numbers are exact as far as numbers are', async () => {
      for (const value of [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1]) {
        await database().write((tx) => putValue(tx, 'number', value))
        expect(await find(database().reader, 'number')).toBe(value)
      }
    })

    it('counts and sums are numbers, also beyond 32 bits', async () => {
      await database().write(async (tx) => {
        for (const name of ['a', 'b', 'c']) await put(tx, name, 2 ** 40)
      })
      const { rows } = await sql`select count(*) as n, sum(expires_at) as total, max(expires_at) as most,
        coalesce(sum(expires_at), 0) as some_total from leases`.execute(database().reader.db)
      expect(rows).toEqual([{ n: 3, total: 3 * 2 ** 40, most: 2 ** 40, some_total: 3 * 2 ** 40 }])
    })

    it('bytes come back as they went in, all of them, and none', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      const large = new Uint8Array(300_000).map((_, index) => index * 7)
      for (const [index, content] of [all, new Uint8Array(), large].entries()) {
        const digest = `sha256:${index}`
        await database().write(async ({ db }) => {
          const blob = { digest, size: content.length, storage_key: null, created_at: 0 } as never
          await db.insertInto('blobs').values(blob).execute()
          await db
            .insertInto('small_blobs')
            .values({ digest, content } as never)
            .execute()
        })
        const query = database().reader.db.selectFrom('small_blobs').select('content')
        const row = await query.where('digest', '=', digest as never).executeTakeFirstOrThrow()
        expect(Buffer.compare(row.content, content)).toBe(0)
      }
    })

    it('what is not there is null, and whether there is any is true or false to JavaScript', async () => {
      await database().write((tx) => put(tx, 'a', 1))
      const { db } = database().reader
      const { rows } = await sql<{ none: unknown; yes: unknown; no: unknown }>`
        select (select expires_at from leases where name = 'none') as none,
          exists (select 1 from leases where name = 'a') as yes, exists (select 1 from leases where name = 'b') as no
      `.execute(db)
      expect(rows.map(({ none, yes, no }) => [none, Boolean(yes), Boolean(no)])).toEqual([[null, true, false]])
    })

    it('lists in one parameter are rows, with everything that text can be', async () => {
      const asked = ['a', 'é', `"quoted"`, '\\', '😀', "it's"]
      const { rows } = await sql<{ value: string }>`select value from json_each(${JSON.stringify(asked)})`.execute(
        database().reader.db,
      )
      expect(rows.map(({ value }) => value)).toEqual(asked)
    })

    it('prepared queries have the values of each call, also at once', async () => {
      await database().write(async (tx) => {
        for (let index = 0; index < 20; index++) await put(tx, `n${index}`, index)
      })
      const byName = prepare<{ name: string; least: number }, { expires_at: number }>((db, parameter) =>
        db
          .selectFrom('leases')
          .select('expires_at')
          .where('name', '=', parameter('name'))
          .where('expires_at', '>=', parameter('least')),
      )
      const found = await Promise.all(
        Array.from({ length: 20 }, (_, index) => byName(database().reader, { name: `n${index}`, least: 10 })),
      )
      expect(found.map((rows) => rows[0]?.expires_at)).toEqual(
        Array.from({ length: 20 }, (_, index) => (index >= 10 ? index : undefined)),
      )
    })
  })
}

/** Two at a time, as lists are paged. */
async function pagesOf({ db }: Executor, after = ''): Promise<string[]> {
  const names: string[] = []
  for (;;) {
    const page = await db
      .selectFrom('leases')
      .select('name')
      .where('name', '>', names.at(-1) ?? after)
      .orderBy('name')
      .limit(2)
      .execute()
    if (page.length === 0) return names
    names.push(...page.map(({ name }) => name))
  }
}
