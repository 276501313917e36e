import type { Check } from '../signature.ts'
import { Rejection } from '../rejection.ts'
import { Refusal } from './refusal.ts'

/** Checks that are being made, in order. */
export interface CheckList {
  readonly all: readonly Check[]
  /** Adds one: `look` throws what is wrong, and `tell` says what was found. Undefined: it failed. */
  attempt<T>(name: string, look: () => T, tell: (found: T) => string): T | undefined
  add(check: Check): void
}

export function newCheckList(): CheckList {
  const all: Check[] = []
  return {
    all,
    attempt(name, look, tell) {
      try {
        const found = look()
        all.push({ name, ok: true, detail: tell(found) })
        return found
      } catch (error) {
        all.push({ name, ok: false, detail: reasonOf(error) })
        return undefined
      }
    },
    add: (check) => void all.push(check),
  }
}

/** Whatever else is thrown comes from what a stranger sent, and its message could be anything. */
export function reasonOf(error: unknown): string {
  return error instanceof Refusal || error instanceof Rejection ? error.message : 'it cannot be understood'
}
