import { join } from 'node:path'
import { type Account, makeAdministrator, makeReader } from '../support/accounts.ts'
import { startBerth } from '../support/contestants.ts'
import { catalogName, TAGS_REPOSITORY, tagName } from '../support/growth-content.ts'
import { seedSqlite } from '../support/growth-seed.ts'
import type { Lab } from '../support/lab.ts'
import type { Figure } from '../support/result.ts'

const ROW = 34
const SIZES = { tags: 100_000, repositories: 10_000 }
const CALLS = 50
/** Each is a tenth of what there is. */
const HALF = ['r0000*', 'r0001*', 'r0002*', 'r0003*', 'r0004*']

interface Question {
  readonly id: string
  readonly what: string
  /** Below `/api/v1`. */
  readonly path: string
}

const TAGS = `/repositories/${encodeURIComponent(TAGS_REPOSITORY)}/tags`
const LISTS: readonly Question[] = [
  { id: 'repositories', what: 'repositories by name', path: '/repositories?limit=100' },
  { id: 'repositories-newest', what: 'repositories, newest first', path: '/repositories?limit=100&sort=-updated' },
  { id: 'repositories-q', what: 'repositories by a part of the name', path: '/repositories?limit=100&q=99' },
  { id: 'tags', what: 'tags by name', path: `${TAGS}?limit=100` },
  { id: 'tags-newest', what: 'tags, newest first', path: `${TAGS}?limit=100&sort=-pushed` },
  {
    id: 'tags-q',
    what: 'tags by a part of the name',
    path: `${TAGS}?limit=100&q=${tagName(SIZES.tags - 1).slice(-4)}`,
  },
  { id: 'projects', what: 'projects', path: '/projects?limit=100' },
  { id: 'search-name', what: 'search for a part of a name', path: `/search?q=${catalogName(77).slice(-3)}` },
  { id: 'search-tag', what: 'search for a tag', path: `/search?q=${tagName(4711)}` },
  { id: 'search-nothing', what: 'search for what is not there', path: '/search?q=nowhere' },
]

/** Row 34: first pages of the admin API where there is much, for an administrator and for who may read half of it. */
export async function lists(lab: Lab): Promise<void> {
  const dir = lab.scratch('lists')
  const store = join(dir, 'store')
  const root = await makeAdministrator(store, TAGS_REPOSITORY)
  const half = await makeReader(store, 'grow', HALF)
  seedSqlite(store, SIZES)
  const server = await startBerth({ dir })
  try {
    for (const question of LISTS) {
      await measure(lab, question, { url: server.url, who: 'administrator', account: root })
      if (!question.path.startsWith(TAGS))
        await measure(lab, question, { url: server.url, who: 'who may read half of them', account: half })
    }
  } finally {
    await server.stop()
    lab.scratch('lists')
  }
}

interface Asker {
  readonly url: string
  readonly who: string
  readonly account: Account
}

/** In milliseconds, each; the first of all is not counted, as it loads what answers. */
async function measure(lab: Lab, { id, what, path }: Question, { url, who, account }: Asker): Promise<void> {
  const berth: Figure[] = []
  for (let turn = -1; turn < CALLS; turn++) {
    const startedAt = performance.now()
    const response = await fetch(`${url}/api/v1${path}`, { headers: account.headers })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`)
    if (turn >= 0) berth.push({ value: performance.now() - startedAt })
  }
  const of = `${what}, first page, of 10,000 repositories and 100,000 tags, by ${who}`
  lab.add({ row: ROW, id: `list-${id}-${who.split(' ').at(-1)}`, what: of, unit: 'ms', figures: { berth } })
}
