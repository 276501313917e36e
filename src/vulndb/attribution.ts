import { baseEcosystem } from '../packages/ecosystem-name.ts'

export interface Attribution {
  readonly source: string
  readonly license: string
}

/** Records say by their names whose they are. As osv.dev lists its sources. */
const SOURCES: readonly (readonly [ecosystems: readonly string[], source: string, license: string])[] = [
  [['Debian'], 'Debian Security Tracker and Advisories', 'as published by Debian'],
  [['Alpine'], 'Alpine SecDB', 'as published by Alpine'],
  [['Ubuntu'], 'Ubuntu Security Notices and CVE reports, Canonical', 'CC-BY-SA-4.0'],
  [['Red Hat'], 'Red Hat Security Data', 'CC-BY-4.0'],
  [['Rocky Linux'], 'Rocky Linux errata', 'BSD-3-Clause'],
  [['AlmaLinux'], 'AlmaLinux errata', 'MIT'],
  [['SUSE', 'openSUSE'], 'SUSE security advisories', 'CC-BY-4.0'],
  [['Wolfi', 'Chainguard'], 'Chainguard security advisories', 'as published by Chainguard'],
  [
    ['npm', 'PyPI', 'Go', 'crates.io', 'Maven', 'RubyGems', 'NuGet', 'Packagist'],
    'GitHub Advisory Database',
    'CC-BY-4.0',
  ],
  [['npm', 'PyPI', 'RubyGems', 'NuGet', 'crates.io'], 'OpenSSF Malicious Packages', 'Apache-2.0'],
  [['Go'], 'Go Vulnerability Database', 'CC-BY-4.0'],
  [['PyPI'], 'PyPI Advisory Database', 'CC-BY-4.0'],
  [['crates.io'], 'Rust Advisory Database', 'CC0-1.0'],
]

/** Who must be named where this data is shown: all of it comes by way of OSV (osv.dev). */
export function attributionsOf(ecosystem: string): Attribution[] {
  const base = baseEcosystem(ecosystem)
  return SOURCES.filter(([ecosystems]) => ecosystems.includes(base)).map(([, source, license]) => ({ source, license }))
}
