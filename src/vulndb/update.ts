import type { Database } from 'bun:sqlite'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { WebFilesOptions } from '../client/web-files.ts'
import type { Clock } from '../lib/clock.ts'
import { baseEcosystem } from '../packages/ecosystem-name.ts'
import { findVersionOrder } from '../packages/versions/compare.ts'
import { applySteps, type EcosystemUpdate } from './apply-steps.ts'
import type { BuildStep } from './build-job.ts'
import { readSources, type SourceRow, withDatabaseFile } from './database-file.ts'
import { type Change, type Feed, FeedError, openFeed } from './feed.ts'
import { findOsvRecord } from './osv-record.ts'
import type { VulndbPlace } from './place.ts'
import { withSpool } from './spool.ts'
import { saveTries } from './try-state.ts'

export interface UpdateParts extends VulndbPlace, Pick<WebFilesOptions, 'resolve' | 'times'> {
  /** `scanning.vulnerabilities.source` */
  readonly source: string
  readonly allowPrivate: boolean
  readonly clock: Clock
}

export interface UpdateOptions {
  readonly ecosystems: readonly string[]
  readonly signal?: AbortSignal
}

/** More than that are brought with the whole export. */
const MAX_SINGLE_RECORDS = 300
const AT_A_TIME = 8

/** See `updateVulnerabilityData`. */
export async function updateEcosystems(
  parts: UpdateParts,
  { ecosystems, signal }: UpdateOptions,
): Promise<readonly EcosystemUpdate[]> {
  const { data, clock } = parts
  const feed = openFeed({ ...parts, signal })
  return withSpool(data, async (folder) => {
    const updates: EcosystemUpdate[] = []
    const steps: BuildStep[] = []
    for (const [index, ecosystem] of [...new Set(ecosystems.map(baseEcosystem))].entries()) {
      const source = withDatabaseFile(data, readSources)?.find((each) => each.ecosystem === ecosystem)
      const prepared = await tryPrepare({ feed, ecosystem, source, path: join(folder, String(index)), parts })
      signal?.throwIfAborted()
      if (!('outcome' in prepared)) {
        steps.push(prepared)
        continue
      }
      updates.push(prepared)
      const confirms = prepared.outcome === 'unchanged' ? source?.updatedAt : undefined
      await saveTries(data, { [ecosystem]: { at: clock.now().getTime(), problem: prepared.problem, confirms } })
    }
    return [...updates, ...(await applySteps(parts, steps, signal))]
  })
}

interface Preparation {
  readonly feed: Feed
  readonly ecosystem: string
  readonly source: SourceRow | undefined
  /** A file to make. */
  readonly path: string
  readonly parts: UpdateParts
}

async function tryPrepare(preparation: Preparation): Promise<BuildStep | EcosystemUpdate> {
  const { ecosystem } = preparation
  try {
    if (findVersionOrder(ecosystem) === undefined)
      throw new FeedError(`"${ecosystem.slice(0, 80)}" is no ecosystem whose versions are understood here`)
    const step = await prepare(preparation)
    return step ?? { ecosystem, outcome: 'unchanged', records: 0 }
  } catch (error) {
    return { ecosystem, outcome: 'failed', records: 0, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** Undefined: what is there is the newest. */
async function prepare(preparation: Preparation): Promise<BuildStep | undefined> {
  const { ecosystem, source, feed, path, parts } = preparation
  const at = parts.clock.now().getTime()
  const changes = await changesOf(preparation)
  if (changes === undefined) {
    const download = await feed.download(ecosystem, path, source?.etag ?? undefined)
    if (download === undefined) return undefined
    const { url: origin, etag } = download
    return { kind: 'whole', ecosystem, path, origin, at, ...(etag === undefined ? {} : { etag }) }
  }
  if (changes.length === 0) return undefined
  const removed = await fetchRecords(preparation, changes)
  return { kind: 'changes', ecosystem, path, removed, origin: new URL(parts.source).href, at }
}

/** Undefined: they are not known, or so many that the whole is less work. */
async function changesOf({ feed, ecosystem, source, parts }: Preparation): Promise<readonly Change[] | undefined> {
  const newestAt = source?.newestAt ?? 0
  if (newestAt <= 0) return undefined
  const changes = await feed.changedSince(ecosystem, newestAt, 2 * MAX_SINGLE_RECORDS)
  if (changes === undefined) return undefined
  const isNew = withDatabaseFile(parts.data, (db) => changes.map((change) => isNewer(db, ecosystem, change)))
  const left = changes.filter((_, index) => isNew?.[index] !== false)
  return left.length > MAX_SINGLE_RECORDS ? undefined : left
}

function isNewer(db: Database, ecosystem: string, { id, at }: Change): boolean {
  const known = db
    .query<{ modified: number }, [string, string]>(
      `select modified_at as modified from records where name = ? and id in (select record_id from affected
       where ecosystem_id in (select id from ecosystems where base = ?))`,
    )
    .get(id, ecosystem)
  return known === null || known.modified < at
}

/** Writes them as lines. Returns those that are gone. */
async function fetchRecords({ feed, ecosystem, path }: Preparation, changes: readonly Change[]): Promise<string[]> {
  const removed: string[] = []
  const file = await open(path, 'wx', 0o600)
  try {
    for (let at = 0; at < changes.length; at += AT_A_TIME) {
      const ids = changes.slice(at, at + AT_A_TIME).map(({ id }) => id)
      const texts = await Promise.all(ids.map((id) => feed.record(ecosystem, id)))
      for (const [index, text] of texts.entries()) {
        const id = ids[index] ?? ''
        if (text === undefined) removed.push(id)
        else await file.writeFile(`${lineOf(text, id, feed.host)}\n`)
      }
    }
  } finally {
    await file.close()
  }
  return removed
}

function lineOf(text: string, id: string, host: string): string {
  if (findOsvRecord(text)?.id !== id) throw new FeedError(`${host} has something else than a record at ${id}`)
  return JSON.stringify(JSON.parse(text))
}
