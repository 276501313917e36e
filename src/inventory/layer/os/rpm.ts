import type { Package } from '../../../packages/package.ts'
import type { Analysis, Analyzer } from '../../analyzer.ts'
import { RPM_FOLDERS } from '../../package-databases.ts'
import { bdbHeaders } from './rpm-bdb.ts'
import { packageOfHeader } from './rpm-header.ts'
import { ndbHeaders } from './rpm-ndb.ts'
import { sqliteHeaders } from './rpm-sqlite-store.ts'

const MAX_PACKAGES = 200_000

const READERS: ReadonlyMap<string, (file: Uint8Array) => Iterable<Uint8Array | 'bad'>> = new Map([
  ['rpmdb.sqlite', sqliteHeaders],
  ['Packages.db', ndbHeaders],
  ['Packages', bdbHeaders],
])
/** Changes that are not in the database yet. */
const LOG = 'rpmdb.sqlite-wal'

/** rpm's databases, of all three kinds that it has had since 2010. */
export const rpm: Analyzer = {
  name: 'rpm',
  wants: ({ path, sizeBytes }) => {
    const name = nameIn(path)
    return name !== undefined && (READERS.has(name) || (name === LOG && sizeBytes > 0))
  },
  analyze: async ({ path, content }) => {
    const read = READERS.get(nameIn(path) ?? '')
    return read === undefined ? { reason: 'changes in it are not in the database yet' } : analysisOf(read(content))
  },
}

function nameIn(path: string): string | undefined {
  const folder = RPM_FOLDERS.find((each) => path.startsWith(each))
  return folder === undefined ? undefined : path.slice(folder.length)
}

/** What was found before a database turned out to be broken counts. */
function analysisOf(headers: Iterable<Uint8Array | 'bad'>): Analysis {
  const packages: Package[] = []
  let broken = 0
  try {
    for (const header of headers) {
      const found = header === 'bad' ? undefined : packageOfHeader(header)
      if (found === undefined) broken++
      else if (found !== 'key') packages.push(found)
      if (packages.length > MAX_PACKAGES) return { packages, reason: `it has more than ${MAX_PACKAGES} packages` }
    }
  } catch (error) {
    return { packages, reason: `it is damaged: ${error instanceof Error ? error.message : String(error)}` }
  }
  return { packages, ...(broken === 0 ? {} : { reason: `${broken} packages in it are damaged` }) }
}
