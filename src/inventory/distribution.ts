import { packageTypeOf } from '../packages/ecosystem.ts'
import type { OsRelease } from '../packages/package.ts'
import {
  DATABASES,
  type DatabaseType,
  databaseTypeAt,
  DPKG_STATUS_FOLDER,
  followLinks,
  isDatabaseType,
  OS_RELEASES,
} from './package-databases.ts'

/** What an image has where distributions tell of themselves. */
export interface SystemFiles {
  /** By the file that says it. */
  readonly releases: ReadonlyMap<string, Partial<OsRelease>>
  /** By the path of a package database: how many packages it has. */
  readonly databases: ReadonlyMap<string, number>
  /** Symbolic links on the way to any of them, and where they lead. */
  readonly links: ReadonlyMap<string, string>
}

/** As os-release(5) says: the first of the two that is there counts. Undefined: nothing says which it is. */
export function distributionOf({ releases }: SystemFiles): OsRelease | undefined {
  const said = OS_RELEASES.map((path) => releases.get(path)).find((each) => each?.id !== undefined && each.id !== '')
  if (said?.id === undefined) return undefined
  const branches = [...releases.values()].flatMap(({ apkBranch }) => apkBranch ?? [])
  const [apkBranch] = branches
  return { ...said, id: said.id, versionId: said.versionId ?? '', ...(apkBranch === undefined ? {} : { apkBranch }) }
}

/** Whether packages of a distribution are known: they answer for programs where distributions put theirs. */
export function hasPackageDatabase({ databases }: SystemFiles): boolean {
  return [...databases.values()].some((packages) => packages > 0)
}

/** Why what a distribution says of itself is not all that there is, for people. */
export function distributionReasons(system: SystemFiles, os: OsRelease | undefined): string[] {
  const type = os && packageTypeOf(os)
  const own = isDatabaseType(type) ? type : undefined
  return [
    ...releaseReasons(system),
    ...(os === undefined || own === undefined ? [] : missingReasons(system, nameOf(os), own)),
    ...strangerReasons(system, os, own),
    ...linkReasons(system, own),
  ]
}

function releaseReasons({ links }: SystemFiles): string[] {
  const [path = ''] = OS_RELEASES
  const real = followLinks(path, links)
  if (real === path || (real !== undefined && OS_RELEASES.includes(real))) return []
  return [`${path} is behind a symbolic link, and nobody looked where that leads`]
}

function missingReasons({ databases }: SystemFiles, name: string, type: DatabaseType): string[] {
  const own = [...databases].filter(([path]) => databaseTypeAt(path) === type)
  if (own.some(([, packages]) => packages > 0)) return []
  const [where] = DATABASES[type]
  return own.length === 0
    ? [`this is ${name}, and its list of packages (${where}) is not there: images that were slimmed tell nothing`]
    : [`this is ${name}, and its list of packages (${where}) names none that is installed`]
}

const TOOLS: Readonly<Record<DatabaseType, string>> = { deb: 'dpkg', apk: 'apk', rpm: 'rpm' }

/** Packages that belong to no distribution, or to another one than this. */
function strangerReasons(
  { databases }: SystemFiles,
  os: OsRelease | undefined,
  own: DatabaseType | undefined,
): string[] {
  const types = new Set(
    [...databases].flatMap(([path, packages]) => (packages > 0 ? (databaseTypeAt(path) ?? []) : [])),
  )
  return [...types]
    .filter((type) => type !== own)
    .map((type) =>
      os === undefined
        ? `there are packages of ${TOOLS[type]}, and nothing says of which distribution they are`
        : `there are packages of ${TOOLS[type]}, and this is ${nameOf(os)}: nothing is known of them`,
    )
}

function linkReasons({ links }: SystemFiles, own: DatabaseType | undefined): string[] {
  if (links.size === 0) return []
  const types: readonly DatabaseType[] = own === undefined ? ['deb', 'apk', 'rpm'] : [own]
  const paths = [
    ...types.flatMap((type) => DATABASES[type]),
    ...[...links.keys()].filter((path) => path.startsWith(DPKG_STATUS_FOLDER)),
  ]
  const lost = paths.find((path) => {
    const real = followLinks(path, links)
    return real === undefined || databaseTypeAt(real) !== databaseTypeAt(path)
  })
  return lost === undefined ? [] : [`${lost} is behind a symbolic link, and nobody looked where that leads`]
}

function nameOf({ id, versionId, prettyName }: OsRelease): string {
  return prettyName ?? `${id} ${versionId}`.trim()
}
