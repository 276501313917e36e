/** An ecosystem of OSV without its release: `Debian` of `Debian:12`. It is what data is brought for. */
export function baseEcosystem(ecosystem: string): string {
  const colon = ecosystem.indexOf(':')
  return colon < 0 ? ecosystem : ecosystem.slice(0, colon)
}

/**
 * The one name that we have for what records call differently: `Ubuntu:22.04` for `Ubuntu:22.04:LTS`, `Red Hat:9` for
 * the repositories of that release, `SUSE:15.5` for its products. Others stay as they are.
 */
export function canonicalEcosystem(ecosystem: string): string {
  const base = baseEcosystem(ecosystem)
  const release = ecosystem.slice(base.length + 1)
  return `${base}${suffix(base, release)}`
}

function suffix(base: string, release: string): string {
  if (release === '') return ''
  if (base === 'Ubuntu') return `:${release.replace(/:LTS$/, '')}`
  if (base === 'Red Hat') return `:${/^enterprise_linux:(\d+)(?:::|$)/.exec(release)?.[1] ?? release}`
  if (base === 'SUSE') return `:${suseRelease(release)}`
  return `:${release}`
}

/** Products of a service pack share their packages: `Linux Enterprise Server 15 SP5` is `15.5`. */
function suseRelease(release: string): string {
  const [, major, pack = '0'] =
    /^Linux Enterprise (?!Micro)[A-Za-z ]{1,80} (\d{1,3})(?: SP(\d{1,3}))?$/.exec(release) ?? []
  if (major !== undefined) return `${major}.${pack}`
  return release.replace(/^Linux (?:Enterprise )?Micro /, 'Micro ')
}

/** How package names of an ecosystem are compared: some write one name in several ways. */
export function canonicalName(ecosystem: string, name: string): string {
  const base = baseEcosystem(ecosystem)
  // PEP 503
  if (base === 'PyPI') return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
  return base === 'NuGet' || base === 'Packagist' ? name.toLowerCase() : name
}
