import { expect } from 'bun:test'
import { hasWork, indexPlaces } from '../../../src/adopt/index-places.ts'
import { createLog } from '../../../src/observability/log.ts'
import { openTrees } from '../../../src/storage/adopted/open-trees.ts'
import { type InProcess, openInProcess } from '../../e2e/support/in-process.ts'

/** The name of the place in these tests. */
export const PLACE = 'old'

const NOBODY_READS = createLog({ level: 'error', now: () => new Date(), write: () => undefined })

/** A registry that adopts a tree, of which nothing was read yet. */
export async function withAdopted(
  tree: string,
  work: (world: InProcess) => Promise<void>,
  config: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const world = await openInProcess({ config: { adopt: { [PLACE]: tree }, auth: { anonymous: 'push' }, ...config } })
  try {
    await work(world)
  } finally {
    await world.close()
  }
}

/** What the process beside a server does. */
export async function readAll({ app: { registry } }: InProcess, tree: string): Promise<void> {
  const trees = await openTrees({ [PLACE]: tree })
  await indexPlaces({ registry, trees, log: NOBODY_READS, signal: undefined })
  expect(await hasWork({ registry, trees })).toBe(false)
}
