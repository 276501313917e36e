import type { Config } from '../config/schema.ts'
import type { Log } from '../observability/log.ts'
import { checkCertificate } from './certificate.ts'
import { checkDatabase } from './database.ts'
import { checkDisk } from './disk.ts'
import { type Check, type Finding, reasonOf } from './finding.ts'
import { checkFolder } from './folder.ts'
import { checkNames } from './names.ts'
import { checkRemotes } from './remotes.ts'
import { checkSettings } from './settings.ts'
import { checkStorage } from './storage.ts'

/** Everything that can be looked at, beside the server or without one. */
export async function examine(config: Config, log: Log): Promise<readonly Finding[]> {
  const checks: readonly (readonly [name: string, check: Check])[] = [
    ['configuration', checkSettings],
    ['folder', checkFolder],
    ['disk', checkDisk],
    ['certificate', checkCertificate],
    ['names', checkNames],
    ['database', checkDatabase],
    ['storage', checkStorage],
    ['remotes', () => checkRemotes(config, log)],
  ]
  const found: Finding[] = []
  // One after the other: a write of one would be in the time that another measures.
  for (const [name, check] of checks) found.push(...(await checked(name, () => check(config))))
  return found
}

async function checked(check: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [{ level: 'fail', check, message: reasonOf(error), advice: 'This could not be looked at.' }]
  }
}
