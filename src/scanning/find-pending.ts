import type { Database } from '../metadata/db.ts'
import type { DataStatus } from '../vulndb/data-status.ts'
import { hasUnmatched, type MatchScope } from './match-store.ts'
import { newestOf, readMatchState } from './match-state.ts'

/** What there is to match. */
export interface Pending {
  /** Nobody has matched everything with it yet. */
  readonly isNewData: boolean
  readonly scope: MatchScope
  readonly status: DataStatus
}

/** With the data that this server has; undefined: nothing. Another server may have newer data, and match the rest. */
export async function findPending({ reader }: Database, status: DataStatus): Promise<Pending | undefined> {
  if (status.version === undefined) return undefined
  const state = await readMatchState(reader)
  const isOlder = state !== undefined && newestOf(state.ecosystems) > newestOf(status.ecosystems)
  const scope: MatchScope = { version: status.version, onlyNew: isOlder }
  const isNewData = state?.version !== status.version && !isOlder
  return isNewData || (await hasUnmatched(reader, scope)) ? { scope, status, isNewData } : undefined
}
