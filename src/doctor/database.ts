import { type InspectedDatabase, inspectDatabase } from '../metadata/inspect.ts'
import { type Check, type Finding, reasonOf, reporter } from './finding.ts'

const { ok, warn, fail } = reporter('database')
const clock = reporter('clock')
const CLOCK_WARN_MS = 2000
const CLOCK_FAIL_MS = 60_000

export const checkDatabase: Check = async (config) => {
  let found: InspectedDatabase | undefined
  try {
    found = await inspectDatabase(config)
  } catch (error) {
    const where = config.database === undefined ? 'the file berth.db' : 'the server, its address and the password'
    return [fail(`it cannot be read: ${reasonOf(error)}`, `Look at ${where}; "berth restore" brings back a backup.`)]
  }
  if (found === undefined)
    return [
      fail('there is no database in the data folder', 'Say where the data is (--data), or start the server once.'),
    ]
  return [ok(`${found.version} answers`), schemaOf(found), ...contentsOf(found), clockOf(found)]
}

function schemaOf({ pending, unknown }: InspectedDatabase): Finding {
  if (unknown.length > 0)
    return warn(
      `a newer version of berth has changed the database (${unknown.join(', ')})`,
      'Run that version; this one serves only if the change allows it.',
    )
  if (pending.length === 0) return ok('its schema is up to date')
  return warn(
    `it is of an older version: ${pending.join(', ')} will be made at the next start`,
    'Make a backup (berth backup) before you start this version.',
  )
}

function contentsOf({ problems }: InspectedDatabase): Finding[] {
  if (problems === undefined) return []
  if (problems.length === 0) return [ok('the quick check of its file found nothing')]
  return [
    fail(
      `its file is damaged: ${problems.slice(0, 3).join('; ')}`,
      'Stop the server, keep a copy, and restore a backup (berth restore) or make the database anew (berth rebuild).',
    ),
  ]
}

function clockOf({ aheadMs }: InspectedDatabase): Finding {
  const seconds = Math.abs(aheadMs) / 1000
  if (seconds * 1000 < CLOCK_WARN_MS) return clock.ok('it agrees with the clock of the database')
  const message = `it is ${seconds} s ${aheadMs > 0 ? 'behind' : 'before'} the clock of the database`
  const advice = 'Let a time service (chrony, systemd-timesyncd) set the clocks of both machines.'
  return seconds * 1000 < CLOCK_FAIL_MS ? clock.warn(message, advice) : clock.fail(message, advice)
}
