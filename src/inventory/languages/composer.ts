import { isObject } from '../../oci/strict-json.ts'
import type { Package } from '../../packages/package.ts'
import type { Analysis, Analyzer, AnalyzerLimits } from '../analyzer.ts'
import { eachOnce, soundPackage } from './sound.ts'
import { parseJson } from './text.ts'

const MAX_BYTES = 32 * 1024 * 1024

/** What Composer installed: a list in its first version, a list in an object since the second. */
export const composerAnalyzer: Analyzer = {
  name: 'composer',
  wants: ({ path }) => /(?:^|\/)composer\/installed\.json$/.test(path),
  analyze: async ({ content }, limits) => {
    const value = parseJson(content, MAX_BYTES)
    const list = isObject(value) ? value.packages : value
    return Array.isArray(list) ? installed(list, limits) : undefined
  },
}

function installed(list: readonly unknown[], limits: AnalyzerLimits): Analysis {
  const read = list.slice(0, limits.entries).map(composerPackage)
  const packages = eachOnce(read.filter((one) => one !== undefined))
  const refused = list.length - read.filter((one) => one !== undefined).length
  return { packages, ...(refused > 0 && { reason: `${refused} packages are not named as Composer names them` }) }
}

function composerPackage(about: unknown): Package | undefined {
  if (!isObject(about)) return undefined
  const licenses = Array.isArray(about.license) ? about.license.slice(0, 100) : [about.license]
  return soundPackage(
    'composer',
    about.name,
    about.version,
    licenses.filter((one) => typeof one === 'string'),
  )
}
