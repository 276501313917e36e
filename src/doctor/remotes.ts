import { kindOfAddress } from '../client/address-kind.ts'
import { resolveBySystem } from '../client/guarded-connection.ts'
import { createGuardedEgress, EGRESS_TIMES } from '../client/guarded-egress.ts'
import type { Config } from '../config/schema.ts'
import { adjustableClock } from '../lib/clock.ts'
import { randomId } from '../lib/ids.ts'
import { inspectDatabase } from '../metadata/inspect.ts'
import { openDatabase } from '../metadata/open.ts'
import type { Log } from '../observability/log.ts'
import { createRemotes, type OpenRemotes } from '../remotes/open-remotes.ts'
import { pingRemote } from '../remotes/ping.ts'
import { listRemotes, type StoredRemote } from '../remotes/store.ts'
import { type Finding, reporter } from './finding.ts'

const { ok, fail } = reporter('remotes')
const clock = reporter('clock')
const PATIENCE_MS = 10_000
/** Tokens and signatures of most registries are refused from here on. */
const CLOCK_WARN_MS = 60_000

/** Every other registry that is known here: its name, whether it answers, whether it takes the password, its clock. */
export async function checkRemotes(config: Config, log: Log): Promise<readonly Finding[]> {
  // Opening an older database would bring it up to date.
  const found = await inspectDatabase(config).catch(() => undefined)
  if (found === undefined || found.pending.length + found.unknown.length > 0) return []
  const database = await openDatabase(config, { clock: adjustableClock(), onBroken: () => undefined })
  const remotes = createRemotes({ database, clock: adjustableClock(), config, log, instance: `doctor-${randomId()}` })
  try {
    const known = await listRemotes(database.reader, '', 1000)
    return (await Promise.all(known.map((remote) => checkRemote(remotes, remote)))).flat()
  } finally {
    await remotes.close()
    await database.close()
  }
}

async function checkRemote(remotes: OpenRemotes, remote: StoredRemote): Promise<readonly Finding[]> {
  const { name, hasPassword } = remote
  const problem = await pingRemote(remotes, remote)
  if (problem !== undefined)
    return [fail(`"${name}" cannot be used: ${problem}`, `Look at it with: berth remote show ${name}`)]
  const said = hasPassword ? ok(`"${name}" is there, and took the password`) : ok(`"${name}" is there`)
  const aheadMs = await clockOf(remote)
  if (aheadMs === undefined || Math.abs(aheadMs) < CLOCK_WARN_MS) return [said]
  return [
    said,
    clock.warn(
      `it differs from the clock of "${name}" by ${Math.round(Math.abs(aheadMs) / 1000)} s`,
      'Let a time service set the clock of this machine.',
    ),
  ]
}

/** By its Date header, which counts whole seconds; undefined: it does not say. */
async function clockOf({ url, allowPrivate, insecureHttp, ca }: StoredRemote): Promise<number | undefined> {
  const origin = new URL(url)
  const rules = { ...{ origin, allowPrivate, insecureHttp, ca }, resolve: resolveBySystem, kindOf: kindOfAddress }
  try {
    const answer = await createGuardedEgress(
      rules,
      EGRESS_TIMES,
    )({
      ...{ method: 'GET', url: new URL('/v2/', origin), mayBePrivate: true, followsRedirects: false },
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const at = Date.parse(answer.header('date') ?? '')
    await answer.discard()
    return Number.isNaN(at) ? undefined : at - Date.now()
  } catch {
    return undefined
  }
}
