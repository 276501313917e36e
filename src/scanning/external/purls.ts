import type { OsRelease, Package } from '../../packages/package.ts'
import { purlOf } from '../../packages/package-purl.ts'
import type { ExternalFinding } from './external-scanner.ts'

/** Adapters name packages and no package URLs: of those that an image has by that name and version, there may be one. */
export function withPurls(
  findings: readonly ExternalFinding[],
  packages: readonly Package[],
  os: OsRelease | undefined,
): ExternalFinding[] {
  const known = new Map<string, Set<string>>()
  for (const each of packages) {
    const key = `${each.name}\0${each.version}`
    const purls = known.get(key) ?? new Set()
    known.set(key, purls.add(purlOf(each, os)))
  }
  return findings.map((finding) => {
    if (finding.purl !== '') return finding
    const [purl, ...others] = known.get(`${finding.package}\0${finding.version}`) ?? []
    // Which of several it means is not known.
    return purl === undefined || others.length > 0 ? finding : { ...finding, purl }
  })
}
