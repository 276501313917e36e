import type { Command } from 'commander'
import { KINDS, parseKinds, parseQuery } from '../search/query.ts'
import { type Found, search } from '../search/search.ts'
import { listAllRepositories } from '../search/store.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withRegistry } from './offline.ts'
import { print, printable, printTable, safeJson } from './output.ts'

interface SearchFlags extends Flags {
  readonly kinds?: string
}

/** What nobody reads to its end. */
const MAX_FOUND = 1000

export function addSearchCommand(program: Command): void {
  withConfig(
    program
      .command('search <term>')
      .description('Find repositories, tags, digests, labels, annotations, packages and vulnerabilities.'),
  )
    .option('--kinds <list>', `only these, with commas between them: ${KINDS.join(', ')}`)
    .option('--json', 'print it as the admin API has it')
    .action(async (term: string, flags: SearchFlags) => {
      const [query, kinds] = [parseQuery(term), parseKinds(flags.kinds ?? '')]
      await withRegistry(await offlineOf(flags), async ({ database: { reader } }) => {
        const sight = { repositories: await listAllRepositories(reader), within: 'all' as const }
        const found = await search(reader, sight, { query, kinds, after: undefined, limit: MAX_FOUND })
        if (flags.json === true) return print(safeJson(found, 2))
        printTable(found.items.map(rowOf))
        if (found.items.length === 0) print('Nothing was found.')
        if (found.next !== undefined) print(`There is more than these ${MAX_FOUND}: say more of it, or --kinds.`)
      })
    })
}

function rowOf({ kind, repository, tag, digest, matched }: Found): readonly string[] {
  const place = tag === undefined ? `${repository}${digest === undefined ? '' : `@${digest}`}` : `${repository}:${tag}`
  const isSaid = kind === 'repository' || kind === 'tag' || kind === 'digest'
  return [kind, place, isSaid ? '' : printable(`${matched.name} ${matched.value}`).trim().slice(0, 200)]
}
