import { afterAll, describe, expect, it } from 'bun:test'
import { checkWorld } from './support/checks.ts'
import { FAILPOINT_NAMES, FAILPOINTS, type Failpoint } from './failpoints.ts'
import { Random } from './support/random.ts'
import { fsck, fsckProblems, ROOT, SEED, startFaulty, watchStalls, withFolder } from './support/server.ts'
import { runWorkload, World } from './support/workload.ts'

/** Four fifths die at a failpoint, the others at a random moment. */
const RUNS = Number(process.env.BERTH_TEST_RUNS ?? 200)
const RUNS_PER_FAILPOINT = Math.ceil((RUNS * 0.8) / FAILPOINT_NAMES.length)
const RANDOM_RUNS = Math.max(1, RUNS - RUNS_PER_FAILPOINT * FAILPOINT_NAMES.length)
const AT_ONCE = 3
const TIMEOUT_MS = 600_000

interface Run {
  readonly seed: number
  readonly killed: boolean
  readonly restartMs: number
  /** For how much of that the disk or the machine stood still for everybody, by `watchStalls`. */
  readonly stallMs: number
  readonly notes: number
  readonly counts: Readonly<Record<string, number>>
  readonly problems: readonly string[]
}

const runs: Run[] = []

/** One life and death: a workload, SIGKILL, a restart on the same folder, and everything looked at. */
function run(seed: number, failpoint: Failpoint | undefined): Promise<Run> {
  return withFolder(async (dataDir) => {
    const random = new Random(seed)
    const world = new World(seed)
    const hit = failpoint && `${failpoint}=kill@${random.between(1, FAILPOINTS[failpoint])}`
    const first = await startFaulty(dataDir, hit)
    world.url = first.url
    const working = runWorkload(world, 3)
    if (failpoint === undefined) {
      await Promise.race([working, Bun.sleep(random.between(0, 600))])
      await first.stop('SIGKILL')
    }
    await working
    const killed = !(await answers(first.url))
    await first.stop('SIGKILL')

    if (random.chance(0.25)) await dieWhileStarting(dataDir, random.between(0, 250))
    const stalls = watchStalls(`${dataDir}.probe`)
    const restartedAt = performance.now()
    const second = await startFaulty(dataDir)
    const restartMs = performance.now() - restartedAt
    const stallMs = await stalls.end()
    world.url = second.url
    await checkWorld(world, dataDir)
    await second.stop('SIGKILL')
    const report = await fsck(dataDir)
    const problems = [...world.problems, ...fsckProblems(report)]
    return { seed, killed, restartMs, stallMs, notes: report.notes, counts: world.counts(), problems }
  })
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { keepalive: false }).then(
    () => true,
    () => false,
  )
}

/** A crash during recovery needs no other recovery than the first. */
async function dieWhileStarting(dataDir: string, afterMs: number): Promise<void> {
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'serve', '--listen', '127.0.0.1:0', '--data', dataDir], {
    cwd: ROOT,
    stdout: 'ignore',
    stderr: 'ignore',
  })
  await Bun.sleep(afterMs)
  child.kill('SIGKILL')
  await child.exited
}

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

function problemsOf(done: readonly Run[], failpoint: string): string[] {
  return done
    .filter(({ problems }) => problems.length > 0)
    .map(({ seed, problems }) => `seed ${seed} at ${failpoint}:\n  ${problems.slice(0, 5).join('\n  ')}`)
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
