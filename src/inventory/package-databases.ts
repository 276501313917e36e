import type { PackageType } from '../packages/package.ts'

/** Where distributions write down what is installed. */
export const DPKG_STATUS = 'var/lib/dpkg/status'
/** Of images without dpkg, a file for each package: `var/lib/dpkg/status.d/tzdata`. */
export const DPKG_STATUS_FOLDER = 'var/lib/dpkg/status.d/'
/** The second since usr was merged. */
export const APK_DATABASES: readonly string[] = ['lib/apk/db/installed', 'usr/lib/apk/db/installed']
export const RPM_FOLDERS: readonly string[] = ['var/lib/rpm/', 'usr/lib/sysimage/rpm/', 'usr/share/rpm/']
export const RPM_NAMES: readonly string[] = ['rpmdb.sqlite', 'Packages.db', 'Packages']

export const OS_RELEASES: readonly string[] = ['etc/os-release', 'usr/lib/os-release']

/** Files in which packages of a kind are looked for; the first is the usual one. */
export const DATABASES: Readonly<Record<'deb' | 'apk' | 'rpm', readonly [string, ...string[]]>> = {
  // Any name in the folder stands for all of them.
  deb: [DPKG_STATUS, `${DPKG_STATUS_FOLDER}*`],
  apk: ['lib/apk/db/installed', ...APK_DATABASES],
  rpm: ['var/lib/rpm/rpmdb.sqlite', ...RPM_FOLDERS.flatMap((folder) => RPM_NAMES.map((name) => `${folder}${name}`))],
}

export type DatabaseType = keyof typeof DATABASES

export function isDatabaseType(type: PackageType | undefined): type is DatabaseType {
  return type !== undefined && Object.hasOwn(DATABASES, type)
}

/** Undefined: no package database lies there. */
export function databaseTypeAt(path: string): DatabaseType | undefined {
  if (path === DPKG_STATUS || path.startsWith(DPKG_STATUS_FOLDER)) return 'deb'
  if (APK_DATABASES.includes(path)) return 'apk'
  return DATABASES.rpm.includes(path) ? 'rpm' : undefined
}

const LANDMARKS: ReadonlySet<string> = new Set(
  [...Object.values(DATABASES).flat(), ...OS_RELEASES].flatMap((path) =>
    path.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/')),
  ),
)

/** Whether a link there would lead away from where a distribution tells of itself. */
export function isOnTheWay(path: string): boolean {
  return LANDMARKS.has(path) || path.startsWith(DPKG_STATUS_FOLDER)
}

const MAX_LINKS = 40

/** Where a path really is, as far as links on the way are known. Undefined: they lead in circles. */
export function followLinks(path: string, links: ReadonlyMap<string, string>): string | undefined {
  let rest = path.split('/')
  let real: readonly string[] = []
  for (let left = MAX_LINKS; rest.length > 0;) {
    const [name = '', ...after] = rest
    rest = after
    const next = step(real, name)
    const target = links.get(next.join('/'))
    if (target === undefined) {
      real = next
      continue
    }
    if (left-- === 0) return undefined
    if (target.startsWith('/')) real = []
    rest = [...target.split('/'), ...rest]
  }
  return real.join('/')
}

function step(folder: readonly string[], name: string): readonly string[] {
  if (name === '' || name === '.') return folder
  return name === '..' ? folder.slice(0, -1) : [...folder, name]
}
