import type { Package } from '../../../packages/package.ts'
import type { Analyzer } from '../../analyzer.ts'
import { stanzas } from './fields.ts'

const STATUS = 'var/lib/dpkg/status'
/** Of images without dpkg, a file for each package: `var/lib/dpkg/status.d/tzdata`. */
const STATUS_FOLDER = 'var/lib/dpkg/status.d/'

/** dpkg(1): packages of Debian and what came of it. */
export const dpkg: Analyzer = {
  name: 'dpkg',
  wants: ({ path }) => path === STATUS || (path.startsWith(STATUS_FOLDER) && !path.endsWith('.md5sums')),
  analyze: async ({ path, content }) => {
    const packages: Package[] = []
    let broken = 0
    for (const fields of stanzas(content, ':')) {
      if (!isInstalled(fields.get('Status'), path)) continue
      const found = packageOf(fields)
      if (found === undefined) broken++
      else packages.push(found)
    }
    return { packages, ...(broken === 0 ? {} : { reason: `${broken} packages in it have no name or version` }) }
  },
}

/** `want flag status`. What was removed may have left its settings behind, and only those. */
function isInstalled(status: string | undefined, path: string): boolean {
  if (status === undefined) return path !== STATUS
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
