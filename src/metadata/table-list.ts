/** A table whose rows are copied to another database, whatever its engine. */
export interface Table {
  readonly name: string
  /** The primary key: rows are read in its order. */
  readonly key: readonly string[]
  /** A column that says how many bytes a row about has, where that differs a lot. */
  readonly weight?: string
  /** A column that never changes as long as its row is there: whoever looks for changes need not read it. */
  readonly constant?: string
  /** Its `id` is counted up, and what was used once is never used again. */
  readonly counted?: boolean
}

const byId = (name: string): Table => ({ name, key: ['id'] })
const counted = (name: string): Table => ({ name, key: ['id'], counted: true })

/** Whatever a row refers to stands in a table before its own. A test compares the list with the schema of both engines. */
export const TABLES: readonly Table[] = [
  byId('access_state'),
  byId('users'),
  { name: 'identities', key: ['provider', 'subject'] },
  counted('groups'),
  { name: 'group_members', key: ['group_id', 'user_id', 'source'] },
  counted('projects'),
  counted('grants'),
  byId('robots'),
  counted('trust_rules'),
  byId('api_keys'),
  byId('secret_uses'),
  byId('refresh_tokens'),
  { name: 'web_sessions', key: ['secret_hash'] },
  { name: 'oidc_attempts', key: ['state_hash'] },
  { name: 'device_codes', key: ['device_hash'] },
  byId('token_keys'),
  counted('repositories'),
  { name: 'blobs', key: ['digest'] },
  { name: 'small_blobs', key: ['digest'] },
  { name: 'repository_blobs', key: ['repository_id', 'digest'] },
  counted('deletions'),
  { name: 'manifests', key: ['repository_id', 'digest'], weight: 'size', constant: 'content' },
  { name: 'manifest_blobs', key: ['repository_id', 'manifest', 'digest'] },
  { name: 'manifest_children', key: ['repository_id', 'parent', 'child'] },
  { name: 'tags', key: ['repository_id', 'name'] },
  { name: 'tag_events', key: ['repository_id', 'tag', 'at'] },
  { name: 'tag_expiry', key: ['repository_id', 'tag'] },
  { name: 'pulls', key: ['repository_id', 'reference'] },
  { name: 'trash', key: ['storage_key'] },
  counted('protection_holders'),
  { name: 'protections', key: ['repository_id', 'digest', 'holder_id'] },
  counted('retention_rules'),
  counted('immutability_rules'),
  { name: 'quotas', key: ['project_id'] },
  { name: 'quota_blobs', key: ['project_id', 'digest'] },
  { name: 'usage_samples', key: ['project_id', 'day'] },
  { name: 'registry_samples', key: ['day'] },
  { name: 'job_state', key: ['name'] },
  counted('remotes'),
  counted('sources'),
  { name: 'namespaces', key: ['name'] },
  { name: 'source_checks', key: ['repository_id', 'reference'] },
  { name: 'adopted_places', key: ['name'] },
  { name: 'adopted_repositories', key: ['place', 'name'] },
  { name: 'adopted_problems', key: ['place', 'repository', 'subject'] },
  counted('replication_rules'),
  counted('replication_executions'),
  { name: 'replication_images', key: ['execution_id', 'repository', 'reference'] },
  { name: 'replication_queue', key: ['rule_id', 'repository', 'reference'] },
  { name: 'replication_tags', key: ['rule_id', 'repository', 'tag'] },
  { name: 'layer_inventories', key: ['digest'] },
  counted('images'),
  counted('packages'),
  { name: 'image_packages', key: ['image_id', 'package_id'] },
  { name: 'scan_queue', key: ['digest'] },
  { name: 'vulnerabilities', key: ['id', 'ecosystem'] },
  { name: 'package_matches', key: ['package_id', 'vulnerability'] },
  counted('scanners'),
  { name: 'scan_reports', key: ['digest', 'scanner'] },
  counted('vulnerability_exceptions'),
  counted('vex_documents'),
  counted('trust_anchors'),
  { name: 'signature_results', key: ['repository_id', 'digest'] },
  counted('policy_rules'),
  counted('policy_exemptions'),
  { name: 'policy_verdicts', key: ['repository_id', 'digest'] },
  counted('webhooks'),
  counted('webhook_deliveries'),
  counted('audit_inbox'),
  byId('audit'),
  byId('audit_state'),
]

const WITHOUT_USE = [
  ...['access_state', 'audit_state', 'job_state', 'token_keys', 'audit', 'audit_inbox', 'registry_samples'],
]

/** A server that was started once, and never used, leaves rows in the others. */
export const TABLES_IN_USE: readonly string[] = TABLES.map(({ name }) => name).filter(
  (name) => !WITHOUT_USE.includes(name),
)

/** What only the servers that run now know of: it is not copied, and whoever was at it begins again. */
export const NOT_COPIED: readonly string[] = [
  ...['uploads', 'quota_reservations', 'leases', 'replicas', 'write_turn'],
  ...['remote_states', 'foreign_scans'],
  // Made by triggers of what is copied.
  'search_texts',
]

/** A row's values of the key's columns, in their order. */
export type Key = readonly unknown[]

/** Rows whose key is above `after` and not above `upto`; without one there is no such end. */
export interface KeyRange {
  readonly after?: Key | undefined
  readonly upto?: Key | undefined
}

/** Values in the order of the columns. */
export type Row = readonly unknown[]

export interface Column {
  readonly name: string
  /** As the engine calls it. */
  readonly type: string
}

/** One state of a database, as long as it is open. */
export interface TableReader {
  /** Sorted by name, so that both engines have the same order. */
  columnsOf(table: Table): Promise<readonly Column[]>
  /** The first rows of a range, in the order of their keys: at most `limit`, and fewer when they are large. */
  read(table: Table, range: KeyRange, limit: number): Promise<readonly Row[]>
  /** The same rows without what is constant. */
  readBriefly(table: Table, range: KeyRange, limit: number): Promise<readonly Row[]>
  count(table: Table): Promise<number>
  /** The highest number that each counted table has ever given away. */
  counters(): Promise<ReadonlyMap<string, number>>
}

/** A database that is being filled in one transaction, without checks of what refers to what. */
export interface TableWriter {
  columnsOf(table: Table): Promise<readonly Column[]>
  insert(table: Table, rows: readonly Row[]): Promise<void>
  remove(table: Table, range: KeyRange): Promise<void>
  count(table: Table): Promise<number>
  setCounters(counters: ReadonlyMap<string, number>): Promise<void>
}

/** Of one read from a table whose rows have a weight. */
export const READ_BYTES = 8 * 1024 * 1024

/** How many of the first rows, whose weights these are, may be read at once: one at least. */
export function rowsWithin(weights: readonly number[], bytes: number): number {
  let sum = 0
  const end = weights.findIndex((weight) => {
    sum += weight
    return sum > bytes
  })
  return end < 0 ? weights.length : Math.max(1, end)
}

/** The condition of a range with its parameters, each written by `parameter` from its place, beginning with 1. */
export function rangeCondition(
  { key }: Table,
  { after, upto }: KeyRange,
  parameter: (at: number) => string,
): { readonly text: string; readonly values: readonly unknown[] } {
  const columns = `(${key.join(', ')})`
  const parts: string[] = []
  const values: unknown[] = []
  for (const [word, bound] of [
    ['>', after],
    ['<=', upto],
  ] as const) {
    if (bound === undefined) continue
    parts.push(`${columns} ${word} (${bound.map((_, index) => parameter(values.length + index + 1)).join(', ')})`)
    values.push(...bound)
  }
  return { text: parts.length === 0 ? 'true' : parts.join(' and '), values }
}
