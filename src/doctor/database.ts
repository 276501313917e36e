import { type InspectedDatabase, inspectDatabase } from '../metadata/inspect.ts'
import { judgeDatabaseClock } from './clock.ts'
import { type Check, type Finding, reasonOf, reporter } from './finding.ts'

const { ok, warn, fail } = reporter('database')

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
  return [ok(`${found.version} answers`), schemaOf(found), ...contentsOf(found), judgeDatabaseClock(found.aheadMs)]
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
