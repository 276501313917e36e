import type { Package } from '../../../packages/package.ts'
import type { Analyzer } from '../../analyzer.ts'
import { DPKG_STATUS, DPKG_STATUS_FOLDER } from '../../package-databases.ts'
import { isBlank, stanzas } from './fields.ts'

/** dpkg(1): packages of Debian and what came of it. */
export const dpkg: Analyzer = {
  name: 'dpkg',
  wants: ({ path }) => path === DPKG_STATUS || (path.startsWith(DPKG_STATUS_FOLDER) && !path.endsWith('.md5sums')),
  analyze: async ({ path, content }) => {
    const packages: Package[] = []
    let broken = 0
    let blocks = 0
    for (const fields of stanzas(content, ':')) {
      blocks++
      const status = fields.get('Status')
      // dpkg itself writes one for each package.
      const isUnclear = path === DPKG_STATUS && status === undefined
      if (!isUnclear && !isInstalled(status)) continue
      const found = packageOf(fields)
      if (found !== undefined) packages.push(found)
      if (found === undefined || isUnclear) broken++
    }
    if (blocks === 0 && !isBlank(content)) return { packages, reason: 'it is no list of packages' }
    return { packages, ...(broken === 0 ? {} : { reason: `${broken} packages in it have no name, version or status` }) }
  },
}

/** `want flag status`. What was removed may have left its settings behind, and only those. */
function isInstalled(status = ''): boolean {
  const words = status.split(/\s+/)
  return !['deinstall', 'purge'].includes(words[0] ?? '') && !['not-installed', 'config-files'].includes(words[2] ?? '')
}

function packageOf(fields: ReadonlyMap<string, string>): Package | undefined {
  const name = fields.get('Package')
  const version = fields.get('Version')
  if (name === undefined || name === '' || version === undefined || version === '') return undefined
  const arch = fields.get('Architecture')
  return {
    type: 'deb',
    name,
    version,
    source: sourceOf(fields.get('Source'), { name, version }),
    ...(arch === undefined ? {} : { arch }),
  }
}

/** `bash (5.2.15-2)`; without a version it is the package's own. */
function sourceOf(
  source: string | undefined,
  own: { name: string; version: string },
): { name: string; version: string } {
  const [, name, version] = /^(\S+)(?:\s+\(([^()\s]+)\))?$/.exec(source ?? '') ?? []
  return { name: name ?? own.name, version: version ?? own.version }
}
