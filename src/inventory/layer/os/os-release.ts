import type { OsRelease } from '../../../packages/package.ts'
import type { Analyzer } from '../../analyzer.ts'
import { OS_RELEASES } from '../../package-databases.ts'
import { linesOf } from './fields.ts'

const MAX_BYTES = 64 * 1024
const MAX_LENGTH = 256

/** os-release(5). */
export const osRelease: Analyzer = {
  name: 'os-release',
  wants: ({ path }) => OS_RELEASES.includes(path),
  analyze: async ({ content }) => {
    if (content.length > MAX_BYTES) return { reason: 'it is too large to be what it is called' }
    const values = new Map<string, string>()
    for (const line of linesOf(content)) {
      const [, key = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? []
      values.set(key, unquoted(value).slice(0, MAX_LENGTH))
    }
    const id = values.get('ID')?.toLowerCase()
    if (id === undefined || id === '') return { reason: 'it does not say which system it is' }
    return { os: releaseOf(id, values) }
  },
}

function releaseOf(id: string, values: ReadonlyMap<string, string>): OsRelease {
  const prettyName = values.get('PRETTY_NAME')
  const idLike = (values.get('ID_LIKE') ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((each) => each !== '')
  return {
    id,
    versionId: values.get('VERSION_ID') ?? '',
    ...(prettyName === undefined ? {} : { prettyName }),
    ...(idLike.length === 0 ? {} : { idLike }),
  }
}

/** As a shell would read it. */
function unquoted(value: string): string {
  const [, quote, inner = ''] = /^(["'])(.*)\1$/.exec(value) ?? []
  if (quote === undefined) return value
  return quote === '"' ? inner.replace(/\\(["$`\\])/g, '$1') : inner
}
