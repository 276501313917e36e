import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../lib/clock.ts'
import { configureFailpoints } from '../lib/failpoint.ts'
import { parseRepositoryName } from '../oci/name.ts'
import type { Database, Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import { ensureRepository, findRepository } from './repositories.ts'
import { RowCache } from './row-cache.ts'
import { openSqlite } from './sqlite.ts'

let folder = ''
let database: Database
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-sqlite-'))
  database = await open()
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

function open(): Promise<Database> {
  return openSqlite({
    path: join(folder, 'berth.db'),
    clock: systemClock,
    onBroken: (error) => {
      throw error
    },
  })
}

const NOW = new Date(0)

function newName() {
  return parseRepositoryName(`sqlite/${count++}`)
}

/** Holds a transaction open until it is told to go on. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let reached = () => {}
  const isReached = new Promise<void>((resolve) => {
    reached = resolve
  })
  const pass = () => {
    reached()
    return opened
  }
  return { open: () => open(), pass, isReached }
}

describe.each(['write', 'writeRelaxed'] as const)('%s', (kind) => {
  it('what it did is seen once it returned, and its result is returned', async () => {
    const name = newName()
    const { id } = await database[kind]((tx) => ensureRepository(tx, name, NOW))
    expect(await findRepository(database.reader, name)).toBe(id)
  })

  it('a throw undoes everything, and the next transaction works', async () => {
    const [undone, kept] = [newName(), newName()]
    const failing = database[kind](async (tx) => {
      await ensureRepository(tx, undone, NOW)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await database[kind]((tx) => ensureRepository(tx, kept, NOW))
    expect(await findRepository(database.reader, undone)).toBeUndefined()
    expect(await findRepository(database.reader, kept)).toBeDefined()
  })

  it('a reader never sees an open transaction, waits for it, or is undone with it', async () => {
    const [before, within] = [newName(), newName()]
    await database.write((tx) => ensureRepository(tx, before, NOW))
    const held = gate()
    const writing = database[kind](async (tx) => {
      await ensureRepository(tx, within, NOW)
      await held.pass()
      throw new Error('undone')
    }).catch(() => 'undone')
    await held.isReached
    expect(await findRepository(database.reader, within)).toBeUndefined()
    expect(await findRepository(database.reader, before)).toBeDefined()
    held.open()
    expect(await writing).toBe('undone')
    expect(await findRepository(database.reader, within)).toBeUndefined()
  })

  it('transactions come one after the other, in the order they were asked for', async () => {
    const events: string[] = []
    const work = (name: string, steps: number) => async (tx: Transaction) => {
      events.push(`begin ${name}`)
      for (let step = 0; step < steps; step++) {
        await ensureRepository(tx, newName(), NOW)
        await new Promise((resolve) => setImmediate(resolve))
      }
      events.push(`end ${name}`)
    }
    await Promise.all([database[kind](work('a', 5)), database[kind](work('b', 0)), database[kind](work('c', 2))])
    expect(events).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c'])
  })

  it('a commit that fails leaves nothing, and the next one works', async () => {
    const [failed, after] = [newName(), newName()]
    configureFailpoints('metadata.before-commit=enospc')
    await expect(database[kind]((tx) => ensureRepository(tx, failed, NOW))).rejects.toThrow('ENOSPC')
    await database[kind]((tx) => ensureRepository(tx, after, NOW))
    expect(await findRepository(database.reader, failed)).toBeUndefined()
    expect(await findRepository(database.reader, after)).toBeDefined()
  })

  it('a rule of the schema that is broken undoes the transaction', async () => {
    const name = newName()
    const breaking = database[kind](async (tx) => {
      const { id: repository } = await ensureRepository(tx, name, NOW)
      const digest = `sha256:${'0'.repeat(64)}` as never
      await tx.db
        .insertInto('tags')
        .values({ repository_id: repository, name: 'dangling' as never, digest, updated_at: 0 })
        .execute()
    })
    await expect(breaking).rejects.toThrow('FOREIGN KEY')
    expect(await findRepository(database.reader, name)).toBeUndefined()
  })
})

it('the reader cannot write', async () => {
  await expect(ensureRepository(database.reader, newName(), NOW)).rejects.toThrow('readonly')
})

it('connections of two processes that write at once both succeed, and nothing is lost', async () => {
  const other = await open()
  try {
    const names = Array.from({ length: 60 }, newName)
    await Promise.all(
      names.map((name, index) =>
        (index % 2 === 0 ? database : other).write(async (tx) => {
          await ensureRepository(tx, name, NOW)
          await new Promise((resolve) => setImmediate(resolve))
        }),
      ),
    )
    for (const name of names)
      for (const { reader } of [database, other]) expect(await findRepository(reader, name)).toBeDefined()
  } finally {
    await other.close()
  }
})

it('really two processes: all of their writes succeed', async () => {
  const script = `
    const { openSqlite } = await import(${JSON.stringify(new URL('sqlite.ts', import.meta.url).href)})
    const { systemClock } = await import(${JSON.stringify(new URL('../lib/clock.ts', import.meta.url).href)})
    const { ensureRepository } = await import(${JSON.stringify(new URL('repositories.ts', import.meta.url).href)})
    const [path, prefix] = process.argv.slice(-2)
    const database = await openSqlite({ path, clock: systemClock, onBroken: () => process.exit(3) })
    for (let index = 0; index < 50; index++)
      await database.write((tx) => ensureRepository(tx, prefix + '/' + index, new Date(0)))
    await database.close()`
  const children = ['one', 'two'].map((prefix) =>
    Bun.spawn([process.execPath, '-e', script, join(folder, 'berth.db'), prefix], {
      stdout: 'inherit',
      stderr: 'inherit',
    }),
  )
  expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0])
  for (const name of ['one/0', 'one/49', 'two/0', 'two/49'])
    expect(await findRepository(database.reader, parseRepositoryName(name))).toBeDefined()
})

it('opened again it has everything, and is whole', async () => {
  const name = newName()
  await database.write((tx) => ensureRepository(tx, name, NOW))
  const again = await open()
  expect(await findRepository(again.reader, name)).toBeDefined()
  expect(await again.integrityErrors()).toEqual([])
  await again.probe()
  await again.close()
})

describe('prepared queries', () => {
  const byName = prepare<{ name: string; least: number }, { id: number }>((db, parameter) =>
    db
      .selectFrom('repositories')
      .select('id')
      .where('id', '>=', parameter('least'))
      .where('name', '=', parameter('name') as never),
  )

  it('run with the values of each call, also at once', async () => {
    const names = [newName(), newName(), newName()]
    const made = await database.write((tx) => Promise.all(names.map((name) => ensureRepository(tx, name, NOW))))
    const found = await Promise.all(names.map((name) => byName(database.reader, { name, least: 0 })))
    expect(found).toEqual(made.map(({ id }) => [{ id }]))
    expect(await byName(database.reader, { name: 'sqlite/none', least: 0 })).toEqual([])
  })

  it('bind values and never write them into the text', async () => {
    for (const name of [`x' or '1'='1`, '"; drop table tags; --', '%', '_', '\\', '\0'])
      expect(await byName(database.reader, { name, least: 0 })).toEqual([])
    expect(await database.integrityErrors()).toEqual([])
  })

  it('see the transaction that they run in, and no other', async () => {
    const name = newName()
    await database.write(async (tx) => {
      await ensureRepository(tx, name, NOW)
      expect(await byName(tx, { name, least: 0 })).toHaveLength(1)
      expect(await byName(database.reader, { name, least: 0 })).toHaveLength(0)
    })
  })

  it('are compiled once', async () => {
    let built = 0
    const query = prepare<{ id: number }, { id: number }>((db, parameter) => {
      built++
      return db.selectFrom('repositories').select('id').where('id', '=', parameter('id'))
    })
    const executors: readonly Executor[] = [database.reader, database.reader]
    for (const executor of executors) await query(executor, { id: 1 })
    expect(built).toBe(1)
  })
})

describe('rows that are remembered', () => {
  it('are asked for once, until anybody commits; what is absent is asked for each time', async () => {
    let version = 1
    let asked = 0
    const cache = new RowCache<{ value: number }>(() => version, 10)
    const find = (key: string, value: number | undefined) =>
      cache.find(key, async () => {
        asked++
        return value === undefined ? undefined : { value }
      })
    expect([await find('a', 1), await find('a', 2)]).toEqual([{ value: 1 }, { value: 1 }])
    version++
    expect(await find('a', 3)).toEqual({ value: 3 })
    expect([await find('b', undefined), await find('b', 4)]).toEqual([undefined, { value: 4 }])
    expect(asked).toBe(4)
  })

  it('are not remembered when somebody committed while they were read', async () => {
    let version = 1
    const cache = new RowCache<{ value: string }>(() => version, 10)
    const slow = cache.find('a', async () => {
      version++
      await cache.find('other', async () => ({ value: 'newer' }))
      return { value: 'old' }
    })
    expect(await slow).toEqual({ value: 'old' })
    expect(await cache.find('a', async () => ({ value: 'new' }))).toEqual({ value: 'new' })
  })

  it('are never remembered where the version cannot be known', async () => {
    const cache = new RowCache<{ value: number }>(() => undefined, 10)
    await cache.find('a', async () => ({ value: 1 }))
    expect(await cache.find('a', async () => ({ value: 2 }))).toEqual({ value: 2 })
  })

  it('the version of a database changes with a commit of any connection', async () => {
    const other = await open()
    const before = database.version()
    await other.write((tx) => ensureRepository(tx, newName(), NOW))
    expect(database.version()).not.toBe(before)
    expect(other.version()).toBe(database.version())
    await other.close()
  })
})
