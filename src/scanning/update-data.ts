import type { Config } from '../config/schema.ts'
import type { Log } from '../observability/log.ts'
import type { Registry } from '../registry/registry.ts'
import type { DataStatus } from '../vulndb/data-status.ts'
import { updateVulnerabilityData, type Vulndb } from '../vulndb/vulndb.ts'
import { readForeignEcosystems } from './adapter/foreign-ecosystems.ts'
import { listEcosystems } from './match-store.ts'

interface UpdateParts {
  readonly config: Config
  readonly registry: Registry
  readonly vulndb: Vulndb
  readonly log: Log
}

/** After a try that failed. */
const RETRY_MS = 3_600_000

/** Brings the data up to date of what images here are made of, each ecosystem when its time has come. */
export async function updateData({ config, registry, vulndb, log }: UpdateParts, signal: AbortSignal): Promise<void> {
  const { update, source, allowPrivate, ecosystems: wanted } = config.scanning.vulnerabilities
  if (update === 'never') return
  const { reader } = registry.database
  const present = (await listEcosystems(reader)).map((each) => each.split(':', 1)[0] ?? each)
  const foreign = await readForeignEcosystems(reader)
  const { clock } = registry
  const due = dueOf([...new Set([...wanted, ...present, ...foreign])], await vulndb.status(), {
    now: clock.now().getTime(),
    everyMs: update,
  })
  if (due.length === 0) return
  const parts = { data: config.data, source, allowPrivate, clock }
  for (const { ecosystem, outcome, records, problem } of await updateVulnerabilityData(parts, {
    ecosystems: due,
    signal,
  })) {
    if (outcome === 'failed') log.warn('vulnerability data could not be updated', { ecosystem, problem })
    else log.info('vulnerability data is up to date', { ecosystem, outcome, records })
  }
}

function dueOf(
  ecosystems: readonly string[],
  { ecosystems: known }: DataStatus,
  { now, everyMs }: { readonly now: number; readonly everyMs: number },
): string[] {
  const status = new Map(known.map((each) => [each.ecosystem, each]))
  return ecosystems.filter((ecosystem) => {
    const { updatedAt, triedAt } = status.get(ecosystem) ?? {}
    const isOld = updatedAt === undefined || now - updatedAt.getTime() >= everyMs
    const isRested = triedAt === undefined || now - triedAt.getTime() >= Math.min(everyMs, RETRY_MS)
    return isOld && isRested
  })
}
