import { isObject, type JsonObject } from '../../oci/strict-json.ts'
import type { Analysis, Analyzer } from '../analyzer.ts'
import { soundPackage } from './sound.ts'
import { parseJson } from './text.ts'

export const MAX_DESCRIPTION_BYTES = 4 * 1024 * 1024

/** The description of an installed package, and not those of its tests and builds: right below `node_modules`. */
const INSTALLED = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/

/** Packages that npm, pnpm or yarn installed: their own descriptions, never the lock file of who installed them. */
export const npmAnalyzer: Analyzer = {
  name: 'npm',
  wants: ({ path }) => path.endsWith('/package.json') && INSTALLED.test(path),
  analyze: async ({ content }) => npmPackage(parseJson(content, MAX_DESCRIPTION_BYTES)),
}

/** @returns undefined for what has no version: the remains of a test, or a folder that only says how to import it */
export function npmPackage(description: unknown): Analysis | undefined {
  if (!isObject(description)) return { reason: 'is no JSON object' }
  const { name, version } = description
  if (name === undefined || version === undefined) return undefined
  const found = soundPackage('npm', name, version, npmLicenses(description))
  return found === undefined ? { reason: 'has no name and version as npm has them' } : { packages: [found] }
}

/** `"license": "MIT"`, `{"type": "MIT"}`, and the list that was used long ago. */
function npmLicenses({ license, licenses }: JsonObject): string[] {
  const all = [license, ...(Array.isArray(licenses) ? licenses.slice(0, 100) : [licenses])]
  return all
    .map((one: unknown) => (isObject(one) ? (one.type ?? one.name) : one))
    .filter((one): one is string => typeof one === 'string')
}
