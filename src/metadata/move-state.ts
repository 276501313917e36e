import { resolve } from 'node:path'

/** The row of `job_state` that says where a registry went to, or came from, and who may change it. */
export const MOVE_STATE = 'move'
/** The row of `job_state` that says where it is being copied to: it works as ever. */
export const MOVE_PLAN = 'move-plan'

/** Where the two halves of a registry are, for people: without passwords and keys. */
export interface Home {
  readonly database: string
  readonly storage: string
}

export interface MovePlan {
  /** Of the move that it is to become. */
  readonly id: string
  readonly to: Home
}

export interface MoveState {
  /** The same at both ends. Hexadecimal: it is part of a table's name. */
  readonly id: string
  /**
   * left: what counts is elsewhere. arriving: it is not whole yet. arrived: it is the registry. stored: the database
   * stayed, and its objects are elsewhere.
   */
  readonly state: 'left' | 'arriving' | 'arrived' | 'stored'
  readonly from: Home
  readonly to: Home
  /** ISO 8601. */
  readonly at: string
  /** How many rows the audit had ever had: with more of them the new home was used. */
  readonly audit: number
  /** What held before, for going back. */
  readonly before?: MoveState | undefined
}

/** What a process that opens a database is. */
export interface Opener {
  /** Where its objects are, as `Home` says it. */
  readonly storage?: string | undefined
  /** The move that it is making itself. */
  readonly move?: string | undefined
}

/** Nothing is changed any more, or yet, in this database. `code` leads to a 503. */
export class RegistryMoved extends Error {
  readonly code = 'REGISTRY_MOVED'
}

/** A registry that has moved is well: it serves those who have not heard of it. */
export async function orMoved(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof RegistryMoved)) throw error
  })
}

/** Why that opener may not change anything; undefined: it may. */
export function whyClosed(text: string | undefined, { storage, move }: Opener): RegistryMoved | undefined {
  const state = text === undefined ? undefined : (JSON.parse(text) as MoveState)
  if (state === undefined || state.id === move) return undefined
  const { from, to, at } = state
  if (state.state === 'left')
    return new RegistryMoved(
      `this registry moved to ${to.database} with its objects in ${to.storage} (${at}), and nothing is changed here any more; start that one, or "berth migrate --undo"`,
    )
  if (state.state === 'arriving')
    return new RegistryMoved(
      `a move from ${from.database} to this database has not ended; run "berth migrate" again, or restore or rebuild again`,
    )
  if (state.state === 'stored' && storage !== to.storage)
    return new RegistryMoved(
      `the objects of this registry moved to ${to.storage} (${at}), and nothing is changed with those in ${storage ?? 'another place'}; give that --storage, or "berth migrate --undo"`,
    )
  return undefined
}

/** What writers lock on PostgreSQL. Under another name it is found only by those who know of the move. */
export const WRITE_TURN = 'write_turn'

export function closedTurn(id: string): string {
  if (!/^[0-9a-f]{8,40}$/.test(id)) throw new Error('not the id of a move')
  return `${WRITE_TURN}_${id}`
}

/** The table that an opener locks. */
export function turnOf(text: string | undefined, opener: Opener): string {
  const state = text === undefined ? undefined : (JSON.parse(text) as MoveState)
  if (state === undefined || whyClosed(text, opener) !== undefined) return WRITE_TURN
  const isClosed = state.state === 'left' || state.state === 'arriving' || state.state === 'stored'
  return isClosed ? closedTurn(state.id) : WRITE_TURN
}

interface Place {
  readonly database?: string | undefined
  readonly storage?: string | undefined
  readonly data: string
}

export function homeOf(place: Place): Home {
  return { database: databaseName(place), storage: storageName(place) }
}

export function databaseName({ database, data }: Pick<Place, 'database' | 'data'>): string {
  if (database === undefined) return `sqlite:${resolve(data)}`
  const { host, pathname } = new URL(database)
  return `postgres://${host}${pathname}`
}

/** Two addresses of one bucket that differ in credentials, encryption or class only have one name. */
export function storageName({ storage, data }: Pick<Place, 'storage' | 'data'>): string {
  if (storage === undefined) return `file:${resolve(data)}`
  const { protocol, host, pathname, searchParams } = new URL(storage)
  const where = ['endpoint', 'account'].flatMap((name) => {
    const value = searchParams.get(name)
    return value === null ? [] : [`${name}=${value}`]
  })
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}${where.length === 0 ? '' : `?${where.join('&')}`}`
}
