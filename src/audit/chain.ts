import { createHash } from 'node:crypto'
import type { Schema } from '../metadata/schema.ts'

export type AuditRow = Schema['audit']
export type UnhashedRow = Omit<AuditRow, 'hash'>

/** A place in the chain: before the first row ever it is { id: 0, hash: '' }. */
export interface Link {
  readonly id: number
  readonly hash: string
}

/**
 * The fields in this order as a JSON array: no two rows have the same text, because JSON quotes what a text holds and
 * tells texts from numbers.
 */
export function serialiseRow(row: UnhashedRow): string {
  const { id, at, actor, actor_name, address, action, target, outcome, detail } = row
  return JSON.stringify([id, at, actor, actor_name, address, action, target, outcome, detail])
}

/** Hex SHA-256 of the hash before, a line feed and the row. A hash is hexadecimal, so the line feed ends it. */
export function rowHash(previousHash: string, row: UnhashedRow): string {
  return createHash('sha256')
    .update(`${previousHash}\n${serialiseRow(row)}`)
    .digest('hex')
}
