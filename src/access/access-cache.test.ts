import { afterEach, beforeEach, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBeside } from '../../test/support/rows.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database, Executor } from '../metadata/db.ts'
import { AccessCache, changeAccess } from './access-cache.ts'
import { findProject, insertProject } from './project-store.ts'

let folder = ''
let database: Database
/** Another process on the same data. */
let other: Database
let reads = 0

const open = () => openBeside(folder, systemClock)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-cache-'))
  database = await open()
  other = await open()
  reads = 0
})
afterEach(async () => {
  await database.close()
  await other.close()
  await rm(folder, { recursive: true, force: true })
})

/** The database, with everything counted that is read from it. */
function counted(): Database {
  const { reader } = database
  const plugin = reader.db.withPlugin({
    transformQuery: ({ node }) => {
      reads++
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const counting: Executor = {
    engine: reader.engine,
    db: plugin,
    run: (query, parameters) => {
      reads++
      return reader.run(query, parameters)
    },
  }
  return new Proxy(database, {
    get: (target, key) => {
      if (key === 'reader') return counting
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

it('on a warm path nothing is read, whatever else is committed meanwhile', async () => {
  const cache = new AccessCache(counted())
  const ask = () => cache.remember('project:team', (executor) => findProject(executor, 'team'))
  expect(await ask()).toBeUndefined()
  const cold = reads
  expect(cold).toBeGreaterThan(0)
  const began = performance.now()
  for (let n = 0; n < 100; n++) {
    await database.writeRelaxed((tx) => tx.db.updateTable('uploads').set({ updated_at: n }).execute())
    await ask()
  }
  // Once a second it looks whether it has missed anything.
  expect(reads - cold).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 1000))
})

it('a change is seen at the next look, from another process too', async () => {
  const cache = new AccessCache(database)
  const ask = () => cache.remember('project:team', (executor) => findProject(executor, 'team'))
  for (const [index, by] of [database, other].entries()) {
    const name = `p${index}`
    const find = () => cache.remember(`project:${name}`, (executor) => findProject(executor, name))
    expect([await ask(), await find()]).toEqual([undefined, undefined])
    await changeAccess(by, (tx) => insertProject(tx, { name, public: false, createdBy: undefined }, new Date(0)))
    // As each request does.
    await database.refresh()
    expect((await find())?.name).toBe(name)
  }
})
