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
import { findRemoteProblem } from '../remotes/ping.ts'
import { listRemotes, type StoredRemote } from '../remotes/store.ts'
import type { RemoteErrorKind } from '../registry/image-source.ts'
import { judgeRemoteClock } from './clock.ts'
import { type Finding, reporter } from './finding.ts'

const { ok, fail } = reporter('remotes')
const PATIENCE_MS = 10_000

const ADVICE: Readonly<Record<RemoteErrorKind | 'setting', string>> = {
  unreachable: 'Look at its address, at what is between (a firewall, a proxy), and at its certificate',
  timeout: 'Look at what is between: a firewall drops what it does not like',
  refused: 'Set its user name and password again',
  'rate-limited': 'Sign in there, or ask less: --requests-per-minute',
  invalid: 'Look whether a registry is at this address, and not a page of a proxy',
  failed: 'It fails by itself: look at its own log, or wait',
  setting: 'Set again what is missing',
}

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
  const problem = await findRemoteProblem(remotes, remote)
  if (problem !== undefined)
    return [fail(`"${name}" cannot be used: ${problem.message}`, `${ADVICE[problem.kind]} (berth remote set ${name}).`)]
  const said = hasPassword ? ok(`"${name}" is there, and took the password`) : ok(`"${name}" is there`)
  const aheadMs = await clockOf(remote)
  return aheadMs === undefined ? [said] : [said, ...judgeRemoteClock(name, aheadMs)]
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
