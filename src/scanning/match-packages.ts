import { forgetAllVerdicts, forgetVerdicts } from '../metadata/policy-verdicts.ts'
import type { Registry } from '../registry/registry.ts'
import type { PackageMatches, PackageRow } from '../vulndb/package-row.ts'
import type { Vulndb } from '../vulndb/vulndb.ts'
import { findPending } from './find-pending.ts'
import { findImagesOf, listUnmatched, type MatchScope, saveMatches } from './match-store.ts'
import { writeMatchState } from './match-state.ts'

interface MatchParts {
  readonly registry: Registry
  readonly vulndb: Vulndb
}

export interface MatchRun {
  readonly packages: number
  /** Of which something is different now. */
  readonly changed: number
}

const PAGE = 2000
/** Written in one transaction: pushes wait for it. */
const WRITTEN_AT_ONCE = 100

/**
 * Matches what was not matched with the data of today: new packages, or after an update everything. No layer is read.
 * Another server may have newer data: then only what is new is matched here, and it does the rest.
 */
export async function matchPackages(parts: MatchParts, signal: AbortSignal): Promise<MatchRun> {
  const { database, clock } = parts.registry
  const pending = await findPending(database, await parts.vulndb.status())
  if (pending === undefined) return { packages: 0, changed: 0 }
  const { scope, status, isNewData } = pending
  const run = await matchAll(parts, scope, signal)
  if (isNewData) {
    const covered = await parts.vulndb.ecosystemsWithData()
    await database.writeRelaxed(async (tx) => {
      await writeMatchState(tx, { status, covered }, clock.now())
      // What there is data for, and how old it is, says how far every report can be trusted.
      await forgetAllVerdicts(tx)
    })
  }
  return run
}

async function matchAll({ registry, vulndb }: MatchParts, scope: MatchScope, signal: AbortSignal): Promise<MatchRun> {
  const ecosystems = new Map<number, string>()
  let packages = 0
  let changed = 0
  let batch: PackageMatches[] = []
  const write = async () => {
    if (batch.length === 0) return
    const found = batch
    batch = []
    packages += found.length
    changed += await saveBatch(registry, found, { version: scope.version, ecosystems })
    for (const { packageId } of found) ecosystems.delete(packageId)
  }
  for await (const matches of vulndb.match(unmatched(registry, scope, ecosystems), signal)) {
    batch.push(matches)
    if (batch.length >= WRITTEN_AT_ONCE) await write()
  }
  await write()
  return { packages, changed }
}

async function* unmatched(
  { database }: Registry,
  scope: MatchScope,
  ecosystems: Map<number, string>,
): AsyncGenerator<readonly PackageRow[]> {
  for (let after = 0; ;) {
    const page = await listUnmatched(database.reader, { ...scope, after, limit: PAGE })
    const last = page.at(-1)
    if (last === undefined) return
    for (const { id, ecosystem } of page) ecosystems.set(id, ecosystem)
    yield page
    after = last.id
  }
}

async function saveBatch(
  { database, clock }: Registry,
  found: readonly PackageMatches[],
  known: { readonly version: string; readonly ecosystems: ReadonlyMap<number, string> },
): Promise<number> {
  const { changed } = await database.writeRelaxed(async (tx) => {
    const saved = await saveMatches(tx, found, { ...known, now: clock.now() })
    await forgetVerdicts(tx, await findImagesOf(tx, [...new Set([...saved.changed, ...saved.fresh])]))
    return saved
  })
  return changed.length
}
