import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation } from '../../client/admin/call-operation.ts'
import type { QueryOf, RowOf } from '../../client/admin/operation.ts'
import { systemClock } from '../../lib/clock.ts'
import { print, safeJson } from '../output.ts'
import { text } from './choose.ts'
import { at, perform, several } from './command.ts'
import type { ApiCommand, Said } from './spec.ts'

/** What nobody reads to its end. */
const MAX_FOUND = 1000
const POLL_MS = 1000

function placeOf({ repository, tag, digest }: RowOf<'search'>): string {
  if (tag !== undefined) return `${repository}:${tag}`
  return digest === undefined ? repository : `${repository}@${digest}`
}

function matchOf({ kind, matched }: RowOf<'search'>): string {
  return ['repository', 'tag', 'digest'].includes(kind) ? '' : `${matched.name} ${matched.value}`.slice(0, 200)
}

type EventQuery = QueryOf<'listEvents'>

/** As JSON lines, with or without --json: they are for programs. */
async function printEvents(client: AdminClient, { flags }: Said): Promise<void> {
  const filter = {
    ...Object.fromEntries(
      ['project', 'repository', 'type'].flatMap((name) => {
        const value = text(flags, name)
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  } as Pick<EventQuery & object, 'project' | 'repository' | 'type'>
  let since = text(flags, 'since')
  const follow = flags.follow === true
  for (let left = follow ? Number.POSITIVE_INFINITY : Number(flags.limit ?? 1000); left > 0;) {
    const query = { ...filter, limit: Math.min(left, 1000), ...(since === undefined ? {} : { since }) }
    const { items, cursor, more } = await callOperation(client, 'listEvents', { query })
    for (const event of items) print(safeJson(event))
    since = cursor
    left -= items.length
    if (!more && !follow) return
    if (!more) await systemClock.sleep(POLL_MS)
  }
}

export const LOOK_COMMANDS: readonly ApiCommand[] = [
  several('search', ['search'], async (client, said) => {
    const flags = { ...said.flags, limit: said.flags.limit ?? MAX_FOUND }
    const kinds = text(said.flags, 'kinds')
    await perform(
      client,
      { ...said, flags },
      {
        operation: 'search',
        spec: {
          query: ({ words: [q = ''] }) => ({ q, ...(kinds === undefined ? {} : { kinds }) }),
          show: ['kind', ['PLACE', placeOf], ['FOUND BY', matchOf]],
        },
      },
    )
  }),
  several('events', ['listEvents'], printEvents),
  at('audit list', 'listAudit', {
    query: ({ flags }) => ({
      ...Object.fromEntries(
        ['since', 'until', 'actor', 'action', 'target', 'outcome', 'before'].flatMap((name) =>
          flags[name] === undefined ? [] : [[name, String(flags[name])]],
        ),
      ),
    }),
    show: ['id', 'time', ['ACTOR', ({ actor }) => actor.name], 'action', 'target', 'outcome', 'detail'],
  }),
]
