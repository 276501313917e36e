import type { Executor } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'

/** A package of an image with one of its vulnerabilities. */
export interface MatchedRow {
  readonly purl: string
  readonly name: string
  readonly version: string
  readonly vulnerability: string
  readonly advisory: string
  readonly fixed_version: string | null
  readonly severity: number
  readonly first_seen_at: number
  readonly content: string
}

const matchesOf = prepare<{ image: number }, MatchedRow>((db, parameter) =>
  db
    .selectFrom('image_packages')
    .innerJoin('packages', 'packages.id', 'image_packages.package_id')
    .innerJoin('package_matches', 'package_matches.package_id', 'packages.id')
    .innerJoin('vulnerabilities', (join) =>
      join
        .onRef('vulnerabilities.id', '=', 'package_matches.vulnerability')
        .onRef('vulnerabilities.ecosystem', '=', 'packages.ecosystem'),
    )
    .select([
      ...(['packages.purl', 'packages.name', 'packages.version'] as const),
      ...(['package_matches.vulnerability', 'package_matches.advisory', 'package_matches.fixed_version'] as const),
      ...(['package_matches.severity', 'package_matches.first_seen_at', 'vulnerabilities.content'] as const),
    ])
    .where('image_packages.image_id', '=', parameter('image'))
    .orderBy('package_matches.severity', 'desc')
    .orderBy('package_matches.vulnerability')
    .orderBy('packages.purl'),
)

export function listMatches(executor: Executor, image: number): Promise<MatchedRow[]> {
  return matchesOf(executor, { image })
}

interface EcosystemRow {
  readonly ecosystem: string
  readonly type: string
  readonly packages: number
  /** Of which nobody has asked yet whether anything is known against them. */
  readonly unmatched: number
}

const ecosystemsOf = prepare<
  { image: number },
  { ecosystem: string; type: string; packages: string; unmatched: string }
>((db, parameter) =>
  db
    .selectFrom('image_packages')
    .innerJoin('packages', 'packages.id', 'image_packages.package_id')
    .select(({ fn, eb }) => [
      'packages.ecosystem',
      'packages.type',
      fn.countAll<string>().as('packages'),
      fn.sum<string>(eb.case().when('packages.matched_with', '=', '').then(1).else(0).end()).as('unmatched'),
    ])
    .where('image_packages.image_id', '=', parameter('image'))
    .groupBy(['packages.ecosystem', 'packages.type']),
)

/** A package whose version cannot be compared with what records say of it. */
export interface UnclearPackage {
  readonly name: string
  readonly version: string
}

const MAX_UNCLEAR = 100

const unclearOf = prepare<{ image: number }, UnclearPackage>((db, parameter) =>
  db
    .selectFrom('image_packages')
    .innerJoin('packages', 'packages.id', 'image_packages.package_id')
    .select(['packages.name', 'packages.version'])
    .where('image_packages.image_id', '=', parameter('image'))
    .where('packages.unclear', '=', 1)
    .orderBy('packages.purl')
    .limit(MAX_UNCLEAR),
)

export function listUnclear(executor: Executor, image: number): Promise<UnclearPackage[]> {
  return unclearOf(executor, { image })
}

/** Of what an image is made. */
export async function countEcosystems(executor: Executor, image: number): Promise<EcosystemRow[]> {
  const rows = await ecosystemsOf(executor, { image })
  return rows.map((row) => ({ ...row, packages: Number(row.packages), unmatched: Number(row.unmatched) }))
}
