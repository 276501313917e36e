import type { Transaction } from '../metadata/db.ts'
import type { Registry } from './registry.ts'

class Rehearsed extends Error {}

/**
 * Does something in a transaction that is then undone, to learn whether it would be refused: what is done in many steps
 * asks first, so that it is refused before the first. Guards may count in it, for that is undone too.
 */
export async function rehearse({ database }: Registry, work: (tx: Transaction) => Promise<void>): Promise<void> {
  try {
    await database.writeQuietly(async (tx) => {
      await work(tx)
      throw new Rehearsed()
    })
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error
  }
}

/** Between transactions, so that everything else has its turn. */
export function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
