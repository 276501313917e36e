import { afterAll, describe, expect, it } from 'bun:test'
import { FAILPOINT_NAMES, type Failpoint } from './failpoints.ts'
import { problemsOf, type Run, run } from './support/kill-run.ts'
import { SEED } from './support/server.ts'

/** Four fifths die at a failpoint, the others at a random moment. */
const RUNS = Number(process.env.BERTH_TEST_RUNS ?? 200)
const RUNS_PER_FAILPOINT = Math.ceil((RUNS * 0.8) / FAILPOINT_NAMES.length)
const RANDOM_RUNS = Math.max(1, RUNS - RUNS_PER_FAILPOINT * FAILPOINT_NAMES.length)
const AT_ONCE = 3
const TIMEOUT_MS = 600_000

const runs: Run[] = []

async function runAll(seeds: readonly number[], failpoint: Failpoint | undefined): Promise<Run[]> {
  const waiting = [...seeds]
  const done: Run[] = []
  const lane = async () => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) done.push(await run(seed, failpoint))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  runs.push(...done)
  return done
}

/** `BERTH_TEST_RUN_SEED` repeats the one run that a failure names. */
function seedsFor(index: number, count: number): number[] {
  const only = process.env.BERTH_TEST_RUN_SEED
  return only === undefined ? Array.from({ length: count }, (_, run) => SEED + index * 1000 + run) : [Number(only)]
}

describe(`kill -9 (BERTH_TEST_SEED=${SEED})`, () => {
  for (const [index, failpoint] of FAILPOINT_NAMES.entries())
    it(
      `at ${failpoint}: what was acknowledged is there, the rest whole or absent`,
      async () => {
        const done = await runAll(seedsFor(index, RUNS_PER_FAILPOINT), failpoint)
        expect(problemsOf(done, failpoint)).toEqual([])
        expect(done.filter(({ killed }) => killed).length).toBeGreaterThan(done.length / 2)
      },
      TIMEOUT_MS,
    )

  it(
    'at any moment: the same',
    async () => {
      const done = await runAll(seedsFor(100, RANDOM_RUNS), undefined)
      expect(problemsOf(done, 'a random moment')).toEqual([])
    },
    TIMEOUT_MS,
  )

  it('restarts within 5 s, with no step by hand', () => {
    expect(runs).not.toBeEmpty()
    expect(Math.max(...runs.map(({ restartMs, stallMs }) => restartMs - stallMs))).toBeLessThan(5000)
  })

  afterAll(() => {
    const restarts = runs.map(({ restartMs }) => Math.round(restartMs)).sort((a, b) => a - b)
    const slowest = runs.toSorted((a, b) => b.restartMs - a.restartMs)[0]
    const killed = runs.filter((run) => run.killed).length
    for (const run of runs)
      if (run.restartMs > 1500) process.stdout.write(`seed ${run.seed}: restart ${Math.round(run.restartMs)} ms\n`)
    const notes = runs.reduce((sum, run) => sum + run.notes, 0)
    process.stdout.write(
      `kill -9: ${runs.length} runs (seed ${SEED}), ${killed} died on the way; restart median ${restarts[restarts.length >> 1]} ms, maximum ${restarts.at(-1)} ms (${Math.round(slowest?.stallMs ?? 0)} ms of it the machine's own stalls); ${notes} harmless leftovers; ${JSON.stringify(totals())}\n`,
    )
  })
})

function totals(): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { counts } of runs)
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  return sums
}
