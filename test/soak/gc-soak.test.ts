import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { z } from 'zod'
import { eventually, SEED } from '../faults/support/server.ts'
import { unneeded } from '../faults/support/garbage.ts'
import { uploadFiles } from '../e2e/support/server.ts'
import { BIN_MS, LEASE_MS } from './support/model.ts'
import { Service } from './support/service.ts'
import { expectFixed } from './support/shared-client.ts'
import { checkShelf } from './support/shelf-check.ts'
import { ShelfClient } from './support/shelf-client.ts'
import * as side from './support/side-work.ts'
import { checkAudit, checkStore, checkUsage, NOTHING, stored } from './support/store-check.ts'
import { CLIENTS, segment, World } from './support/world.ts'

const LONG = process.env.BERTH_TEST_LONG === '1'
const SECONDS = Number(process.env.BERTH_SOAK_SECONDS ?? (LONG ? 1800 : 180))
const TIMEOUT_MS = 300_000
const COLLECT_EVERY_MS = 7000

const Repositories = z.object({ items: z.array(z.object({ name: z.string() })) })

/** Nothing waits any more but what its lease keeps. */
async function untilCollected(world: World): Promise<void> {
  await Bun.sleep(LEASE_MS + BIN_MS)
  await eventually(
    'the collector has nothing to do',
    async () => {
      const { blobs, trash, deletions } = await unneeded(world.service.data)
      return blobs + trash + deletions === 0
    },
    120_000,
  )
}

function problems(world: World): string[] {
  return world.problems.splice(0).slice(0, 20)
}

describe(`row 62: 8 clients and two collectors for ${SECONDS} s (BERTH_TEST_SEED=${SEED})`, () => {
  let service: Service
  let world: World
  let backup: string | undefined

  beforeAll(async () => {
    service = await Service.start()
    world = new World(service, SEED)
  }, TIMEOUT_MS)
  afterAll(async () => {
    await service.close()
  }, TIMEOUT_MS)

  it(
    'no wrong answer and no lost byte, until the server is killed',
    async () => {
      await side.prepare(world)
      const until = performance.now() + SECONDS * 1000
      const working = [
        ...world.shelves.map((shelf, index) => new ShelfClient(world, shelf, index).work()),
        side.repeatedly(world, COLLECT_EVERY_MS, () => side.collectBeside(world)),
        side.repeatedly(world, COLLECT_EVERY_MS, () => side.revokeAndAsk(world)),
        Bun.sleep(SECONDS * 500).then(async () => {
          backup = await side.backUp(world)
        }),
      ]
      await Promise.race([Promise.all(working), Bun.sleep(until - performance.now())])
      const { total } = z.object({ total: z.unknown() }).parse(await side.collectorTotals(world))
      process.stdout.write(`soak (seed ${SEED}): ${JSON.stringify({ ...world.counts, collector: total })}\n`)
      await service.kill()
      world.stopping = true
      await Promise.all(working)
      expect(problems(world)).toEqual([])
    },
    SECONDS * 1000 + TIMEOUT_MS,
  )

  it(
    'what was acknowledged is there after the restart, and everything owed is whole (invariants 1-6, 11-13)',
    async () => {
      await service.run()
      for (const shelf of world.shelves) await checkShelf(world, shelf)
      for (const tag of world.fixed.keys()) await expectFixed(world, tag)
      expect(problems(world)).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'when nobody asks for anything, rows, objects and what fsck counts agree (invariants 5, 7, 8)',
    async () => {
      await untilCollected(world)
      await checkStore(world)
      await checkUsage(world)
      expect(problems(world)).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'the audit has each change once, and its chain is whole (invariant 18)',
    async () => {
      await checkAudit(world)
      expect(problems(world)).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'a backup of the middle comes back clean (invariant 24)',
    async () => {
      if (backup === undefined) throw new Error('there is no backup')
      await side.checkBackup(world, backup)
      expect(problems(world)).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'when all is deleted, every byte is freed (invariant 7)',
    async () => {
      await side.liftRules(world)
      const { json } = await world.api('GET', '/repositories?limit=1000')
      for (const { name } of Repositories.parse(json).items) {
        const { status } = await world.api('DELETE', `/repositories/${segment(name)}`)
        expect([name, status]).toEqual([name, 200])
      }
      await eventually(
        'nothing is left',
        async () => Bun.deepEquals(await stored(service.data), NOTHING),
        120_000,
      ).catch(() => undefined)
      expect(await stored(service.data)).toEqual(NOTHING)
      expect(await unneeded(service.data)).toMatchObject({ orphans: [] })
      // What a client was sending when the server was killed can be resumed until `uploads.expireAfter`.
      expect((await uploadFiles(service.data)).length).toBeLessThanOrEqual(CLIENTS)
      expect(problems(world)).toEqual([])
      expect(await service.errors()).toEqual([])
    },
    TIMEOUT_MS,
  )
})
