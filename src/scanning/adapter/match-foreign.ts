import type { Finding, FindingsReport } from '../../inventory/finding.ts'
import type { PackageRow } from '../../inventory/store.ts'
import type { PackageRow as AdvisedPackage } from '../../vulndb/package-row.ts'
import type { Vulndb } from '../../vulndb/vulndb.ts'
import type { ImageContents } from '../image-contents.ts'
import { newestOf } from '../match-state.ts'
import { judgeState, OWN_SCANNER } from '../report.ts'

const PAGE = 2000

/** What is known against an image that is not here, by the data of this moment. */
export async function matchForeign(
  vulndb: Vulndb,
  contents: ImageContents,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<FindingsReport> {
  const { state, facts, rows } = contents
  const findings: Finding[] = []
  const unclear: PackageRow[] = []
  for await (const { packageId, matches, unclear: isUnclear } of vulndb.match(pagesOf(rows), signal)) {
    const row = rows[packageId]
    if (row === undefined) continue
    if (isUnclear === true) unclear.push(row)
    for (const { vulnerability: known, advisory, fixedVersion } of matches)
      findings.push({
        ...{ vulnerability: known.id, aliases: known.aliases, summary: known.summary, severity: known.severity },
        ...{ ratings: known.ratings, purl: row.purl, package: row.name, version: row.version, advisory },
        ...(fixedVersion !== undefined && { fixedVersion }),
        ...(known.published && { published: known.published }),
        ...{ firstSeen: now, scanner: OWN_SCANNER },
      })
  }
  const newest = newestOf((await vulndb.status()).ecosystems)
  const judged = judgeState({
    ...{ image: { state, facts }, os: facts.os, now, ecosystems: ecosystemsOf(rows) },
    unclear,
    state: { covered: [...(await vulndb.ecosystemsWithData())] },
  })
  return { ...judged, packages: rows.length, ...(newest > 0 && { dataUpdatedAt: new Date(newest) }), findings }
}

async function* pagesOf(rows: readonly PackageRow[]): AsyncGenerator<readonly AdvisedPackage[]> {
  const advised = rows.flatMap(({ ecosystem, advisoryName: name, advisoryVersion: version }, id) =>
    ecosystem === '' ? [] : [{ id, ecosystem, name, version }],
  )
  for (let start = 0; start < advised.length; start += PAGE) yield advised.slice(start, start + PAGE)
}

function ecosystemsOf(rows: readonly PackageRow[]) {
  const kinds = new Map<string, { ecosystem: string; type: string; packages: number; unmatched: number }>()
  for (const { ecosystem, type } of rows) {
    const key = `${ecosystem}\0${type}`
    const known = kinds.get(key) ?? { ecosystem, type, packages: 0, unmatched: 0 }
    kinds.set(key, { ...known, packages: known.packages + 1 })
  }
  return [...kinds.values()]
}
