import { FAILPOINTS, type Failpoint } from '../failpoints.ts'
import { checkWorld } from './checks.ts'
import { Random } from './random.ts'
import { fsck, fsckProblems, ROOT, startFaulty, watchStalls, withFolder } from './server.ts'
import { runWorkload, World } from './workload.ts'
import { PROGRAM } from '../../support/program.ts'

export interface Run {
  readonly seed: number
  readonly killed: boolean
  readonly restartMs: number
  /** For how much of that the disk or the machine stood still for everybody, by `watchStalls`. */
  readonly stallMs: number
  readonly notes: number
  readonly counts: Readonly<Record<string, number>>
  readonly problems: readonly string[]
}

/** One life and death: a workload, SIGKILL, a restart on the same folder, and everything looked at. */
export function run(seed: number, failpoint: Failpoint | undefined): Promise<Run> {
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
  const child = Bun.spawn([...PROGRAM, 'serve', '--listen', '127.0.0.1:0', '--data', dataDir], {
    cwd: ROOT,
    stdout: 'ignore',
    stderr: 'ignore',
  })
  await Bun.sleep(afterMs)
  child.kill('SIGKILL')
  await child.exited
}

export function problemsOf(done: readonly Run[], failpoint: string): string[] {
  return done
    .filter(({ problems }) => problems.length > 0)
    .map(({ seed, problems }) => `seed ${seed} at ${failpoint}:\n  ${problems.slice(0, 5).join('\n  ')}`)
}
