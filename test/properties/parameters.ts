import { randomInt } from 'node:crypto'

/** The seed of every property; a failure prints it with its path, and `BERTH_TEST_SEED` brings it back. */
export const SEED = Number(process.env.BERTH_TEST_SEED ?? randomInt(2 ** 31))

export function runs(numRuns: number): { seed: number; numRuns: number } {
  return { seed: SEED, numRuns }
}
