import type { Management } from '../access/management.ts'
import type { Principal } from '../auth/principal.ts'
import { cursorAfter, parseCursor, type RegistryEvent, toEvent } from '../events/event.ts'
import { findEnds, happenedAfter } from '../events/store.ts'
import { Problem } from '../lib/problem.ts'

export interface FeedFilter {
  readonly project?: string | undefined
  readonly repository?: string | undefined
  /** Exactly this, or what begins with it when it ends with a point. */
  readonly type?: string | undefined
}

/** An event as somebody may see it. */
export interface SeenEvent {
  readonly id: number
  readonly cursor: string
  readonly type: string
  readonly time: string
  readonly target: string
  readonly repository?: string
  readonly digest?: string
  readonly tags?: readonly string[]
  readonly actor?: { readonly id: string; readonly name: string }
  readonly detail?: Readonly<Record<string, unknown>>
}

export interface FeedPage {
  readonly items: readonly SeenEvent[]
  /** Where to go on, also when there was nothing. */
  readonly cursor: string
  /** Whether there may be more right now. */
  readonly more: boolean
}

interface Asker {
  readonly m: Management
  /** Undefined: whoever runs commands on the server itself, who sees everything. */
  readonly principal: Principal | undefined
}

/** Rows that are looked at for one answer: whoever may see few of them asks again. */
const MAX_ROWS = 5000
const BATCH = 500

/** Where somebody begins: `latest`, a cursor, or with the oldest there is. @throws Problem */
export async function startOf({ m }: Pick<Asker, 'm'>, since: string | undefined): Promise<number> {
  await m.recorder.seal()
  const { removed, newest } = await findEnds(m.database.reader)
  if (since === undefined) return removed
  if (since === 'latest') return newest
  const id = parseCursor(since)
  if (id === undefined || id > newest)
    throw new Problem('invalid', `"${since.slice(0, 40)}" is not a cursor of this feed`)
  if (id < removed)
    throw new Problem('conflict', 'events after this cursor have grown too old and were removed: begin without one')
  return id
}

/** In order, everything that the asker may see, from a row on. */
export async function readFeed(asker: Asker, after: number, filter: FeedFilter, limit: number): Promise<FeedPage> {
  const { reader } = asker.m.database
  const eyes = await openEyes(asker)
  const items: SeenEvent[] = []
  let at = after
  for (let looked = 0; looked < MAX_ROWS; looked += BATCH) {
    const rows = await happenedAfter(reader, at, BATCH)
    for (const row of rows) {
      const event = toEvent(row)
      const seen = event && matches(event, filter) ? await eyes(event) : undefined
      at = row.id
      if (seen !== undefined) items.push(seen)
      if (items.length === limit) return { items, cursor: cursorAfter(at), more: true }
    }
    if (rows.length < BATCH) return { items, cursor: cursorAfter(at), more: false }
  }
  return { items, cursor: cursorAfter(at), more: true }
}

function matches(
  { type: is, target, repository: of }: RegistryEvent,
  { project, repository, type }: FeedFilter,
): boolean {
  if (repository !== undefined && of !== repository) return false
  if (type !== undefined && !(type.endsWith('.') ? is.startsWith(type) : is === type)) return false
  return project === undefined || target === `project:${project}` || of?.startsWith(`${project}/`) === true
}

/** Each repository is judged once for an answer. */
async function openEyes({ m, principal }: Asker): Promise<(event: RegistryEvent) => Promise<SeenEvent | undefined>> {
  const seesAll = principal !== undefined && (await m.authorizer.allows(principal, 'inspect', 'registry')).allowed
  const judged = new Map<string, Promise<{ readonly pulls: boolean; readonly pushes: boolean }>>()
  return async (event) => {
    if (seesAll || principal === undefined) return { ...toSeen(event), actor: event.actor, detail: event.detail }
    const { repository } = event
    if (repository === undefined) return undefined
    const may = async (action: 'pull' | 'push') =>
      (await m.authorizer.allows(principal, action, { repository })).allowed
    const judge = async () => ({ pulls: await may('pull'), pushes: await may('push') })
    const rights = judged.get(repository) ?? judge()
    judged.set(repository, rights)
    const { pulls, pushes } = await rights
    if (!pulls) return undefined
    // As in the history of a tag: who did it is for those who work there.
    return pushes ? { ...toSeen(event), actor: event.actor } : toSeen(event)
  }
}

/** As it is in the feed, for whoever may pull there. */
export function toSeen({ id, at, type, target, repository, digest, tags }: RegistryEvent): SeenEvent {
  return {
    ...{ id, cursor: cursorAfter(id), type, time: at.toISOString(), target },
    ...(repository === undefined ? {} : { repository }),
    ...(digest === undefined ? {} : { digest }),
    ...(tags.length === 0 ? {} : { tags }),
  }
}
