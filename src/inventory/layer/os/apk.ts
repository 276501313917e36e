import type { Package } from '../../../packages/package.ts'
import type { Analyzer } from '../../analyzer.ts'
import { APK_DATABASES } from '../../package-databases.ts'
import { isBlank, stanzas } from './fields.ts'

/** apk-tools' database of installed packages: a letter and a value in each line. */
export const apk: Analyzer = {
  name: 'apk',
  wants: ({ path }) => APK_DATABASES.includes(path),
  analyze: async ({ content }) => {
    const packages: Package[] = []
    let broken = 0
    for (const fields of stanzas(content, ':')) {
      const found = packageOf(fields)
      if (found === undefined) broken++
      else packages.push(found)
    }
    if (packages.length + broken === 0 && !isBlank(content)) return { packages, reason: 'it is no list of packages' }
    return { packages, ...(broken === 0 ? {} : { reason: `${broken} packages in it have no name or version` }) }
  },
}

function packageOf(fields: ReadonlyMap<string, string>): Package | undefined {
  const name = fields.get('P')
  const version = fields.get('V')
  if (name === undefined || name === '' || version === undefined || version === '') return undefined
  const arch = fields.get('A')
  const license = fields.get('L')
  return {
    type: 'apk',
    name,
    version,
    // Subpackages have the version of what they were built from.
    source: { name: fields.get('o') || name, version },
    ...(arch === undefined ? {} : { arch }),
    ...(license === undefined || license === '' ? {} : { licenses: [license] }),
  }
}
