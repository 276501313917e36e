import { Problem } from '../lib/problem.ts'
import type { Executor } from '../metadata/db.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { listTagEvents, type TagEvent } from '../metadata/tag-history.ts'
import { isTag } from '../oci/name.ts'

export interface HistoryQuery {
  readonly tag?: string | undefined
  /** The `next` of the page before. */
  readonly before?: string | undefined
  readonly limit: number
  /** Whether to say who it was. */
  readonly names: boolean
}

/** A move of a tag as the API shows it. */
export interface HistoryItem {
  readonly at: string
  readonly tag: string
  readonly digest?: string
  readonly previous?: string
  /** Absent where names of people are none of the caller's business. */
  readonly actor?: string
  readonly reason: string
  readonly manifest: TagEvent['manifest']
  readonly restorableUntil?: string
}

/** Newest first. @throws Problem for a `before` that no page gave */
export async function listHistory(
  executor: Executor,
  repositoryId: RepositoryId,
  { tag, before, limit, names }: HistoryQuery,
): Promise<{ items: HistoryItem[]; next?: string }> {
  if (tag !== undefined && !isTag(tag)) return { items: [] }
  const found = await listTagEvents(executor, {
    ...{ repositoryId, tag, limit: limit + 1 },
    before: before === undefined ? undefined : parseCursor(before),
  })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const next = found.length > limit && last !== undefined ? { next: `${last.at.getTime()}.${last.tag}` } : {}
  return { items: items.map((item) => toItem(item, names)), ...next }
}

function parseCursor(text: string): { readonly at: number; readonly tag: string } {
  const [, at, tag] = /^(\d{1,15})\.(.+)$/.exec(text) ?? []
  if (at === undefined || tag === undefined) throw new Problem('invalid', '"before" is the "next" of the page before')
  return { at: Number(at), tag }
}

function toItem(
  { at, tag, digest, previous, actorName, reason, manifest, restorableUntil }: TagEvent,
  names: boolean,
): HistoryItem {
  return {
    ...{ at: at.toISOString(), tag, reason, manifest },
    ...(names ? { actor: actorName } : {}),
    ...(digest === undefined ? {} : { digest }),
    ...(previous === undefined ? {} : { previous }),
    ...(restorableUntil === undefined ? {} : { restorableUntil: restorableUntil.toISOString() }),
  }
}
