import { describe, expect, it } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { berth } from '../e2e/support/command.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { COMMAND_FAILPOINTS } from './failpoints.ts'
import { checkWorld } from './support/checks.ts'
import { makeGarbage, NOTHING_UNNEEDED, unneeded } from './support/garbage.ts'
import { Random } from './support/random.ts'
import { fsck, fsckProblems, SEED, withFolder } from './support/server.ts'
import { runWorkload, World } from './support/workload.ts'

const RUNS_PER_FAILPOINT = Number(process.env.BERTH_TEST_RUNS ?? 4)
const TIMEOUT_MS = 300_000
/** With a collector that does not die the garbage is made for so long. */
const GIVE_UP_MS = 20_000
/** Of how many passes it dies at one. A run that finds much to do passes each of them several times. */
const PASSES: Readonly<Record<(typeof COMMAND_FAILPOINTS.gc)[number], number>> = {
  'gc.batch': 8,
  'gc.before-object': 12,
  'gc.after-object': 3,
}

/** What is not needed goes at once; what clients were promised stays for longer than a run takes. */
const CONFIG = `
gc: { every: 1s, lease: 24h, untagged: never, trashDelay: 0s }
recycleBin: { keep: 0s }
`

async function start(dataDir: string, failpoints = ''): Promise<RunningRegistry> {
  const config = `${dataDir}/config.yaml`
  await writeFile(config, CONFIG)
  return startRegistry({ dataDir, args: ['--config', config], env: { BERTH_TEST_FAILPOINTS: failpoints } })
}

/** Clients, garbage and the collector until it dies, and then one restart. Returns what is wrong. */
function run(seed: number, failpoint: (typeof COMMAND_FAILPOINTS.gc)[number]): Promise<string[]> {
  return withFolder(async (dataDir) => {
    const random = new Random(seed)
    const world = new World(seed)
    const first = await start(dataDir, `${failpoint}=kill@${random.between(1, PASSES[failpoint])}`)
    world.url = first.url
    const running = { stop: false }
    const giveUp = setTimeout(() => {
      running.stop = true
    }, GIVE_UP_MS)
    await Promise.all([runWorkload(world, 3), makeGarbage(world, running)])
    clearTimeout(giveUp)
    await first.stop('SIGKILL')
    if (running.stop) world.problems.push('it did not die')

    const second = await start(dataDir)
    world.url = second.url
    await checkWorld(world, dataDir)
    const { code, stderr } = await berth(['gc', 'run', '--config', `${dataDir}/config.yaml`, '--data', dataDir])
    if (code !== 0) world.problems.push(`berth gc run ended with ${code}: ${stderr}`)
    await second.stop('SIGTERM')
    const left = await unneeded(dataDir)
    if (!Bun.deepEquals(left, NOTHING_UNNEEDED)) world.problems.push(`not collected: ${JSON.stringify(left)}`)
    return [...world.problems, ...fsckProblems(await fsck(dataDir))]
  })
}

describe(`kill -9 of the collector (BERTH_TEST_SEED=${SEED})`, () => {
  it.each([...COMMAND_FAILPOINTS.gc])(
    'at %s: what was acknowledged is there, and the next run takes all that nothing needs',
    async (failpoint) => {
      const problems: Record<string, string[]> = {}
      for (let index = 0; index < RUNS_PER_FAILPOINT; index++) {
        const found = await run(SEED + index, failpoint)
        if (found.length > 0) problems[`seed ${SEED + index}`] = found.slice(0, 5)
      }
      expect(problems).toEqual({})
    },
    TIMEOUT_MS,
  )
})
