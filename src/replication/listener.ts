import { Recent } from '../lib/recent.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { RowCache } from '../metadata/row-cache.ts'
import type { Listener, Operation } from '../registry/operation.ts'
import { subjectOfTag } from './companions.ts'
import { cameFrom } from './origin.ts'
import { enqueue, WHOLE_REPOSITORY } from './queue-store.ts'
import { parseRule, type Rule, type StoredRule } from './rule.ts'
import { listRules } from './rule-store.ts'

const REMEMBERED_RULES = 1000

/** Every rule, those that push on event apart. */
interface RulesNow {
  readonly all: readonly StoredRule[]
  readonly listening: readonly Rule[]
}

/**
 * Writes into a change's own transaction which rules have to look at it, so that nothing is lost that was acknowledged.
 * Without a rule that listens it costs a read of shared memory.
 */
export function replicationListener({
  database,
  clock,
}: {
  readonly database: Database
  readonly clock: Clock
}): Listener {
  const rules = new ListeningRules(database)
  return {
    name: 'replication',
    heard: async (operation, tx) => {
      const references = referencesOf(operation)
      if (references.length === 0) return
      const { all, listening } = await rules.current(tx)
      for (const rule of listening) {
        if (!rule.selectsRepository(operation.repository) || cameFrom(rule, all, operation.actor)) continue
        for (const reference of references.filter((each) => isSelected(rule, each)))
          await enqueue(tx, rule.id, { repository: operation.repository, reference }, clock.now())
      }
    },
  }
}

class ListeningRules {
  readonly #rows: RowCache<RulesNow>
  readonly #parsed = new Recent<string, Rule>(REMEMBERED_RULES)

  constructor(database: Database) {
    // Another machine may have made a rule that only the transaction's own snapshot knows.
    this.#rows = new RowCache(() => (database.engine === 'sqlite' ? database.accessVersion() : undefined), 1)
  }

  async current(tx: Transaction): Promise<RulesNow> {
    const found = await this.#rows.find('all', async () => {
      const all = await listRules(tx)
      const wanted = all.filter(({ direction, enabled, body }) => direction === 'push' && enabled && body.onEvent)
      return { all, listening: await Promise.all(wanted.map((rule) => this.#parse(rule))) }
    })
    return found ?? { all: [], listening: [] }
  }

  async #parse(stored: StoredRule): Promise<Rule> {
    const key = JSON.stringify(stored)
    const known = this.#parsed.get(key)
    if (known !== undefined) return known
    const rule = await parseRule(stored)
    this.#parsed.set(key, rule)
    return rule
  }
}

/** What of a repository is to be looked at after a change. */
function referencesOf(operation: Operation): readonly string[] {
  switch (operation.type) {
    case 'push-manifest': {
      const subject = operation.manifest.subject?.digest
      const tags = operation.tags.map(({ tag }) => subjectOfTag(tag) ?? tag)
      return [...new Set([...tags, ...(subject === undefined ? [] : [subject])])]
    }
    case 'move-tags':
      return [...new Set(operation.tags.map(({ tag }) => subjectOfTag(tag) ?? tag))]
    case 'delete-tag':
      return [operation.tag]
    case 'delete-manifests':
      return operation.tags.length > MANY ? [WHOLE_REPOSITORY] : operation.tags
    case 'delete-repository':
    case 'restore-repository':
      return [WHOLE_REPOSITORY]
    default:
      return []
  }
}

const MANY = 200

function isSelected(rule: Rule, reference: string): boolean {
  return reference === WHOLE_REPOSITORY || reference.includes(':') || rule.tags.matches(reference)
}
