import type { CompiledQuery, Kysely } from 'kysely'
import type { Engine, Executor } from './db.ts'
import type { Schema } from './schema.ts'

class Parameter {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

interface Compilable<R> {
  compile(): CompiledQuery<R>
}

/**
 * A query that is built and compiled once and then run with values, for paths where building the same text at each
 * request would cost more than running it.
 */
export function prepare<P extends object, R>(
  build: (db: Kysely<Schema>, parameter: <K extends keyof P & string>(name: K) => P[K]) => Compilable<R>,
): (executor: Executor, values: P) => Promise<R[]> {
  const queries: Partial<Record<Engine, CompiledQuery>> = {}

  return (executor, values) => {
    const { db, engine } = executor
    const query = queries[engine] ?? build(db, (name) => new Parameter(name) as never).compile()
    queries[engine] = query
    const parameters = query.parameters.map((value) =>
      value instanceof Parameter ? values[value.name as keyof P] : value,
    )
    return executor.run(query, parameters) as Promise<R[]>
  }
}
