import type { OsRelease, Package } from '../packages/package.ts'

/** Where distributions put what they packaged themselves, and nothing else goes by itself. */
const OWNED: readonly RegExp[] = [
  /^usr\/lib\/python3\/dist-packages\//,
  /^usr\/share\/(?:java|maven-repo|rubygems-integration|nodejs|php)\//,
]
/** The same of those with rpm: pip and the like go to /usr/local there. */
const OWNED_BY_RPM = /^usr\/lib(?:64)?\/python[0-9.]+\/site-packages\//
const OS_TYPES = new Set(['deb', 'apk', 'rpm'])
const RPM_FAMILIES = new Set(['rhel', 'fedora', 'suse', 'centos'])

/**
 * Whether a library came with the distribution. Its fixes are in the distribution's own versions then, and so are its
 * advisories: those of the language would cry about what was mended long ago.
 */
export function isOfDistribution(
  { type, path }: Package & { readonly path: string },
  os: OsRelease | undefined,
): boolean {
  if (os === undefined || OS_TYPES.has(type)) return false
  if (OWNED.some((pattern) => pattern.test(path))) return true
  const families = [os.id, ...(os.idLike ?? [])]
  return families.some((each) => RPM_FAMILIES.has(each)) && OWNED_BY_RPM.test(path)
}
