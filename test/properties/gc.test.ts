import { describe, expect, it } from 'bun:test'
import { collect } from '../../src/gc/collect.ts'
import { Random } from '../faults/support/random.ts'
import { GcWorld, LEASE_MS } from './gc-world.ts'
import { SEED } from './parameters.ts'

/**
 * A model of section 4.3's claims: whatever pushes, mounts, tag moves, deletes and collectors do at the same time, what
 * is visible is whole, what was acknowledged stays, what a pusher was told of is there when its manifest comes, and what
 * nothing needs goes.
 */
const RUNS = Number(process.env.BERTH_TEST_RUNS ?? 12)
const ROUNDS = 40

async function run(seed: number): Promise<void> {
  const random = new Random(seed)
  const world = await GcWorld.open(seed)
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const acts = Array.from({ length: random.between(1, 5) }, () => world.act(random))
      await Promise.all(acts.map((act) => act()))
      await world.endRound(random)
      if (round % 4 === 3) await world.check()
    }
    await world.check()
    await world.removeEverything()
    for (let turn = 0; turn < 4; turn++) {
      world.clock.advance(3 * LEASE_MS)
      await collect(world.app.registry, { rest: async () => undefined })
    }
    expect(await world.leftovers()).toEqual({ blobs: 0, links: 0, manifests: 0, deletions: 0, trash: 0, objects: [] })
    expect(world.problems).toEqual([])
    expect(world.errors).toEqual([])
  } finally {
    await world.close()
  }
}

describe(`collection beside everything else (BERTH_TEST_SEED=${SEED})`, () => {
  for (let index = 0; index < RUNS; index++) it(`seed ${SEED + index}`, async () => run(SEED + index), 60_000)
})
