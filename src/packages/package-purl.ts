import { PACKAGE_TYPES, type OsRelease, type Package, type PackageType } from './package.ts'
import { findPurl, formatPurl, type Purl } from './purl.ts'

/** What package URLs of distributions call their makers, where it is not the id of os-release. */
const VENDORS: Readonly<Record<string, string>> = {
  ...{ rhel: 'redhat', rocky: 'rocky-linux', sles: 'suse', sled: 'suse', 'sle-micro': 'suse', 'sl-micro': 'suse' },
  ...{ 'opensuse-leap': 'opensuse', 'opensuse-tumbleweed': 'opensuse' },
}

/** The package URL of a package of an image; that of a distribution's package says which distribution it is. */
export function purlOf(pkg: Package, os?: OsRelease): string {
  return formatPurl({ type: pkg.type, ...namesOf(pkg, os), ...versionOf(pkg, os) })
}

function isOfDistribution(type: PackageType): boolean {
  return type === 'deb' || type === 'apk' || type === 'rpm'
}

function namesOf({ type, name }: Package, os: OsRelease | undefined): Pick<Purl, 'namespace' | 'name'> {
  if (isOfDistribution(type)) return os === undefined ? { name } : { namespace: VENDORS[os.id] ?? os.id, name }
  if (type === 'pypi') return { name: name.toLowerCase().replaceAll('_', '-') }
  const written = type === 'composer' ? name.toLowerCase() : name
  const at = written.lastIndexOf(type === 'maven' ? ':' : '/')
  return at < 0 ? { name: written } : { namespace: written.slice(0, at), name: written.slice(at + 1) }
}

function versionOf(pkg: Package, os: OsRelease | undefined): Pick<Purl, 'version' | 'qualifiers'> {
  const { type, version, arch, source, qualifiers } = pkg
  const [, epoch, rest = version] = (type === 'rpm' ? /^(\d+):(.+)$/s.exec(version) : undefined) ?? []
  return {
    version: rest,
    qualifiers: {
      ...(isOfDistribution(type) && os !== undefined && os.versionId !== ''
        ? { distro: `${os.id}-${os.versionId}` }
        : {}),
      ...qualifiers,
      ...(arch === undefined ? {} : { arch }),
      ...(epoch === undefined || epoch === '0' ? {} : { epoch }),
      ...(source === undefined ? {} : upstreamOf(pkg, source)),
    },
  }
}

/** As other makers of SBOMs say it: advisories speak of sources. */
function upstreamOf({ name, version }: Package, source: { readonly name: string; readonly version: string }) {
  if (source.name === name && source.version === version) return {}
  return { upstream: source.version === version ? source.name : `${source.name}@${source.version}` }
}

/** The package that a package URL is of, without its licenses. Undefined: it is none of the kinds we understand. */
export function findPackageOfPurl(text: string): Package | undefined {
  const purl = findPurl(text)
  const type = PACKAGE_TYPES.find((each) => each === purl?.type)
  if (purl === undefined || type === undefined) return undefined
  const { arch, epoch, upstream, ...qualifiers } = purl.qualifiers
  const version = type === 'rpm' && epoch !== undefined ? `${epoch}:${purl.version ?? ''}` : (purl.version ?? '')
  return {
    ...{ type, name: nameOf(type, purl), version },
    ...(arch === undefined ? {} : { arch }),
    ...(upstream === undefined ? {} : { source: parseUpstream(upstream, version) }),
    ...(Object.keys(qualifiers).length === 0 ? {} : { qualifiers }),
  }
}

function nameOf(type: PackageType, { namespace, name }: Purl): string {
  if (namespace === undefined || isOfDistribution(type)) return name
  return `${namespace}${type === 'maven' ? ':' : '/'}${name}`
}

function parseUpstream(upstream: string, version: string): { readonly name: string; readonly version: string } {
  const at = upstream.lastIndexOf('@')
  if (at < 1) return { name: upstream, version }
  return { name: upstream.slice(0, at), version: upstream.slice(at + 1) }
}
