import type { Clock } from '../lib/clock.ts'
import { once } from '../lib/once.ts'
import type { Database } from '../metadata/db.ts'
import { RowCache } from '../metadata/row-cache.ts'
import type { Listener, Operation } from '../registry/operation.ts'
import { hasRules } from './rules-exist-store.ts'

interface Parts {
  readonly database: Database
  readonly clock: Clock
}

/** Tells replication of changes. As long as there is no rule, nothing of it is loaded: a start need not wait for it. */
export function replicationWhenNeeded(parts: Parts): Listener {
  const { database } = parts
  // Another machine may have made a rule that only the transaction's own snapshot knows.
  const version = () => (database.engine === 'sqlite' ? database.accessVersion() : undefined)
  const rows = new RowCache<{ readonly any: boolean }>(version, 1)
  const load = once(async () => {
    const { replicationListener } = await import('./listener.ts')
    return replicationListener(parts)
  })
  return {
    name: 'replication',
    heard: async (operation, tx) => {
      if (!mayMatter(operation)) return
      const found = await rows.find('rules', async () => ({ any: await hasRules(tx) }))
      if (found?.any !== true) return
      await (await load()).heard(operation, tx)
    },
  }
}

function mayMatter(operation: Operation): boolean {
  switch (operation.type) {
    case 'push-manifest':
      return operation.tags.length > 0 || operation.manifest.subject !== undefined
    case 'push-blob':
    case 'delete-blob':
    case 'collect-blob':
    case 'collect-manifest':
      return false
    default:
      return true
  }
}
