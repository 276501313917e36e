import type { RawBuilder } from 'kysely'
import type { Executor } from './db.ts'
import { prepare } from './prepared.ts'

/** Like `prepare`, for queries that the builder has no words for: many digests at once, as one JSON list. */
export function prepareText<P extends object, R>(
  build: (parameter: <K extends keyof P & string>(name: K) => unknown) => RawBuilder<R>,
): (executor: Executor, values: P) => Promise<R[]> {
  return prepare<P, R>((db, parameter) => ({ compile: () => build(parameter).compile(db) }))
}
