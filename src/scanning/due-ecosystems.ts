import type { Config } from '../config/schema.ts'
import type { Registry } from '../registry/registry.ts'
import type { DataStatus } from '../vulndb/data-status.ts'
import { readStatus } from '../vulndb/read-status.ts'
import { readForeignEcosystems } from './adapter/foreign-ecosystems.ts'
import { listEcosystems } from './match-store.ts'

/** After a try that failed. */
const RETRY_MS = 3_600_000

/** What images here are made of, and what else is wanted, where it is time to look for newer data. */
export async function findDueEcosystems(config: Config, { database, clock }: Registry): Promise<string[]> {
  const { update, ecosystems: wanted } = config.scanning.vulnerabilities
  if (update === 'never') return []
  const present = (await listEcosystems(database.reader)).map((each) => each.split(':', 1)[0] ?? each)
  const all = new Set([...wanted, ...present, ...(await readForeignEcosystems(database.reader))])
  if (all.size === 0) return []
  return dueOf([...all], await readStatus(config.data), { now: clock.now().getTime(), everyMs: update })
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
