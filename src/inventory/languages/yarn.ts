import type { Package } from '../../packages/package.ts'
import type { Analysis, Analyzer, AnalyzerLimits, FoundFile } from '../analyzer.ts'
import { MAX_DESCRIPTION_BYTES, npmPackage } from './npm.ts'
import { parseJson } from './text.ts'
import { budgetOf, openZip } from './zip.ts'

/** Of the package itself, and not of what lies in it. */
const DESCRIPTION = /^node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/

/** Packages as Yarn has them without a `node_modules`: each in an archive, out of which it is run. */
export const yarnAnalyzer: Analyzer = {
  name: 'yarn',
  wants: ({ path }) => path.endsWith('.zip') && /(?:^|\/)\.yarn\/(?:berry\/)?cache\/[^/]+$/.test(path),
  analyze: async (file, limits) => archivedPackage(file, limits),
}

async function archivedPackage({ content }: FoundFile, limits: AnalyzerLimits): Promise<Analysis> {
  const zip = await openZip(content, budgetOf(limits))
  const packages: Package[] = []
  let reason = zip.cut
  for (const [name, entry] of zip.names) {
    if (!DESCRIPTION.test(name)) continue
    const found = npmPackage(parseJson(await zip.read(entry, MAX_DESCRIPTION_BYTES), MAX_DESCRIPTION_BYTES))
    packages.push(...(found?.packages ?? []))
    reason ??= found?.reason
  }
  if (packages.length === 0) reason ??= 'holds no package'
  return { packages, ...(reason !== undefined && { reason }) }
}
