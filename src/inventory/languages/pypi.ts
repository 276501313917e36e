import type { Analysis, Analyzer } from '../analyzer.ts'
import { soundPackage } from './sound.ts'
import { decodeText, headerFields } from './text.ts'

/** The description of a package may be a book, and follows the header. */
const MAX_BYTES = 16 * 1024 * 1024
const MAX_LINES = 20_000

const SUFFIXES = ['.dist-info/METADATA', '.egg-info/PKG-INFO', '/EGG-INFO/PKG-INFO', '.egg-info']

/** Packages that pip and its like installed. Their names are kept as they are written: matching makes them one. */
export const pypiAnalyzer: Analyzer = {
  name: 'pypi',
  wants: ({ path }) => SUFFIXES.some((suffix) => path.endsWith(suffix)),
  analyze: async ({ content }) => pythonPackage(decodeText(content, MAX_BYTES)),
}

function pythonPackage(text: string): Analysis {
  const fields = headerFields(text, MAX_LINES)
  const first = (name: string) => fields.get(name)?.[0]
  const found = soundPackage('pypi', first('name'), first('version'), licensesOf(fields))
  return found === undefined
    ? { reason: 'has no name and version as Python packages have them' }
    : { packages: [found] }
}

/** The expression, where there is one; else the free field when it is no whole text, and what it is classified as. */
function licensesOf(fields: ReadonlyMap<string, readonly string[]>): string[] {
  const expression = fields.get('license-expression')?.slice(0, 1) ?? []
  if (expression.length > 0) return expression
  const free = fields.get('license')?.slice(0, 1) ?? []
  const classified = (fields.get('classifier') ?? [])
    .filter((line) => line.startsWith('License ::'))
    .map((line) => line.slice(line.lastIndexOf('::') + 2).trim())
    .filter((name) => name !== 'OSI Approved')
  return [...free.filter((name) => name !== 'UNKNOWN'), ...classified]
}
