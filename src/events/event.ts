import { isRepositoryName, type RepositoryName } from '../oci/name.ts'
import type { HappenedRow } from './store.ts'

/** Something that was done, for whoever follows what happens in the registry. */
export interface RegistryEvent {
  /** In order, and never used twice. */
  readonly id: number
  readonly at: Date
  /** `manifest.pushed`, `project.created`. */
  readonly type: string
  readonly actor: { readonly id: string; readonly name: string }
  /** Where the actor was; empty where nobody knows, or is to know. */
  readonly address: string
  /** `repository:team/app`, `project:team`, `registry`. */
  readonly target: string
  /** Of events about a repository. */
  readonly repository: RepositoryName | undefined
  readonly digest: string | undefined
  /** Of the tags that it is about, at most as many as the audit names. */
  readonly tags: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

/** Who signs in, and the audit about itself: that is for the audit. */
const NO_EVENTS = /^(?:audit\.|device\.|identity\.|sign-in$|sign-out$|manifest\.pulled$|blob\.|manifest\.collected$)/

/** Undefined: a row of the audit that is no event, such as a refusal. */
export function toEvent(row: HappenedRow): RegistryEvent | undefined {
  if (row.outcome !== 'done' || NO_EVENTS.test(row.action)) return undefined
  const detail = parsed(row.detail)
  const name = row.target.startsWith('repository:') ? row.target.slice('repository:'.length) : ''
  return {
    ...{ id: row.id, at: new Date(row.at), type: row.action, target: row.target, detail },
    ...{ actor: { id: row.actor, name: row.actor_name }, address: row.address ?? '' },
    repository: isRepositoryName(name) ? name : undefined,
    digest: typeof detail.digest === 'string' ? detail.digest : undefined,
    tags: tagsOf(detail),
  }
}

/** A tag stands there by its name, or with what it was before. */
function tagsOf({ tag, tags }: Readonly<Record<string, unknown>>): readonly string[] {
  const all: readonly unknown[] = Array.isArray(tags) ? tags : [tag]
  return all.flatMap((each) => {
    if (typeof each === 'string') return [each]
    return typeof each === 'object' && each !== null && 'tag' in each && typeof each.tag === 'string' ? [each.tag] : []
  })
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A place between two events, which nobody but us reads. */
export function cursorAfter(id: number): string {
  return `c${id.toString(36)}`
}

/** Undefined: it is none of ours. */
export function parseCursor(text: string): number | undefined {
  if (!/^c[0-9a-z]{1,11}$/.test(text)) return undefined
  const id = Number.parseInt(text.slice(1), 36)
  return Number.isSafeInteger(id) ? id : undefined
}
