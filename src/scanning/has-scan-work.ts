import type { Config } from '../config/schema.ts'
import type { Registry } from '../registry/registry.ts'
import { readStatus } from '../vulndb/read-status.ts'
import { findNextForeign } from './adapter/foreign-store.ts'
import { findPending } from './find-pending.ts'
import { findDue } from './queue-store.ts'

interface WorkParts {
  readonly config: Config
  readonly registry: Registry
}

/**
 * Whether an image waits to be looked into, or a package to be matched. Asked every second by a server that may have
 * nothing to do: it costs a few small queries, and loads nothing of what does the work.
 */
export async function hasScanWork({ config, registry }: WorkParts): Promise<boolean> {
  const { database, clock } = registry
  if ((await findDue(database.reader, clock.now(), 1)).length > 0) return true
  if (config.scanning.adapter && (await findNextForeign(database.reader)) !== undefined) return true
  return (await findPending(database, await readStatus(config.data))) !== undefined
}
