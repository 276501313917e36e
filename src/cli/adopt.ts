import type { Command } from 'commander'
import { hasWork, indexPlaces } from '../adopt/index-places.ts'
import { type Adoption, adoptAgain, adoptionProblems, adoptions } from '../adopt/status.ts'
import { environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import { openTrees } from '../storage/adopted/open-trees.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { BY_OPERATOR, type Offline, withManagement, withRegistry } from './offline.ts'
import { print, printTable } from './output.ts'
import { processLog } from './serving.ts'

const MAX_PROBLEMS = 100_000

export function addAdoptCommands(program: Command): void {
  const adopt = program
    .command('adopt')
    .description('Registries of others that are served where they lie (the key "adopt" of the configuration).')
  withConfig(adopt.command('status').description('How much of each place is known.')).action(async (flags: Flags) => {
    const found = await withManagement(await offlineOf(flags), (m) => adoptions(m.database.reader))
    if (found.length === 0) print('Nothing was adopted yet.')
    for (const each of found) print(describe(each))
  })
  withConfig(
    adopt
      .command('problems <place>')
      .description('What of a place could not be adopted, and why. Ends with 1 when anything.'),
  ).action(async (place: string, flags: Flags) => {
    const found = await withManagement(await offlineOf(flags), (m) =>
      adoptionProblems(m.database.reader, place, MAX_PROBLEMS),
    )
    printTable(found.map(({ repository, subject, problem }) => [repository, subject, problem]))
    if (found.length > 0) process.exitCode = 1
  })
  withConfig(
    adopt
      .command('again <place>')
      .description(
        'Look at all of a place once more, for what came since. Tags that were changed here stay as they are.',
      ),
  ).action(async (place: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), (m) => adoptAgain(m, BY_OPERATOR, place))
    print(`The server looks at "${place}" again; "berth adopt status" tells how far it is.`)
  })
  withConfig(
    adopt.command('run').description('Read now what was not read yet, which a running server does by itself.'),
  ).action(async (flags: Flags) => {
    process.exitCode = (await run({ ...(await offlineForRun(flags)), bulk: true })) ? 0 : 1
  })
}

/** The server that starts this process says what its configuration is. */
async function offlineForRun(flags: Flags): Promise<Offline> {
  const text = environment.BERTH_WORKER_CONFIG
  if (text === undefined) return offlineOf(flags)
  const config = JSON.parse(text) as Config
  return { data: config.data, database: config.database, storage: config.storage, config }
}

/** Returns whether all is known now. */
async function run(offline: Offline): Promise<boolean> {
  const { config } = offline
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort())
  // The server that started it is gone, and starts it again.
  const orphaned = () => process.exit(1)
  process.on('disconnect', orphaned)
  const trees = await openTrees(config.adopt)
  const isDone = await withRegistry(offline, async (registry) => {
    await indexPlaces({ registry, trees, log: processLog(config), signal: stopping.signal })
    return !(await hasWork({ registry, trees }))
  })
  process.off('disconnect', orphaned)
  // Else it would wait for what that says next.
  process.disconnect?.()
  return isDone
}

function describe(adoption: Adoption): string {
  const { name, state, repositories, done, manifests, tags, problems, problem, endedAt } = adoption
  const counts = `${tags} tags, ${manifests} manifests`
  const bad = problems === 0 ? '' : `; ${problems} problems ("berth adopt problems ${name}")`
  const at = problem === undefined ? '' : `; it cannot be read at the moment: ${problem}`
  if (state === 'listing') return `${name}: ${repositories} repositories were found so far${at}`
  const end = endedAt === undefined ? '' : ` at ${endedAt.toISOString()}`
  const how =
    state === 'done' ? `all ${repositories} repositories are known${end}` : `${done} of ${repositories} repositories`
  return `${name}: ${how} (${counts})${bad}${at}`
}
