import type { Analyzer } from '../../analyzer.ts'
import { linesOf } from './fields.ts'

const MAX_BYTES = 64 * 1024

/** The release whose packages an Alpine system installs, which may be another one than it says it is. */
export const apkRepositories: Analyzer = {
  name: 'apk-repositories',
  wants: ({ path, sizeBytes }) => path === 'etc/apk/repositories' && sizeBytes <= MAX_BYTES,
  analyze: async ({ content }) => {
    const branches = new Set<string>()
    for (const line of linesOf(content)) {
      const [, branch] =
        /^\s*(?:@\S{1,64}\s+)?(?:https?|ftp):\/\/\S{1,512}?\/(edge|v\d{1,3}\.\d{1,3})\/\w{1,32}\/?\s*$/.exec(line) ?? []
      if (branch !== undefined) branches.add(branch)
    }
    const apkBranch = [...branches].sort(byAge).at(-1)
    return apkBranch === undefined ? undefined : { os: { apkBranch } }
  },
}

/** Where there are several the newest one counts: its packages win. */
function byAge(a: string, b: string): number {
  return rank(a) - rank(b)
}

function rank(branch: string): number {
  const [, major = '0', minor = '0'] = /^v(\d+)\.(\d+)$/.exec(branch) ?? []
  return branch === 'edge' ? Number.POSITIVE_INFINITY : Number(major) * 1000 + Number(minor)
}
