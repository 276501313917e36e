import type { Database as SqliteConnection, SQLQueryBindings } from 'bun:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Schema } from './schema.ts'

/** DDL is transactional in SQLite, so a migration that is interrupted leaves nothing behind. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class BunSqliteConnection implements DatabaseConnection {
  readonly #connection: SqliteConnection

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const statement = this.#connection.query(sql)
    if (statement.columnNames.length > 0) return { rows: statement.all(...(parameters as SQLQueryBindings[])) as R[] }
    const { changes } = statement.run(...(parameters as SQLQueryBindings[]))
    return { rows: [], numAffectedRows: BigInt(changes) }
  }

  // biome-ignore lint/correctness/useYield: there is nothing to stream, SQLite answers synchronously
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not supported; page instead')
  }
}

function singleConnectionDriver(connection: SqliteConnection): Driver {
  const only = new BunSqliteConnection(connection)
  return {
    init: async () => undefined,
    acquireConnection: async () => only,
    beginTransaction: async () => void connection.run('begin immediate'),
    commitTransaction: async () => void connection.run('commit'),
    rollbackTransaction: async () => void connection.run('rollback'),
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  }
}

/** Kysely over one connection, without a lock of its own: whoever holds it must be alone on that connection. */
export function kyselyOn(connection: SqliteConnection): Kysely<Schema> {
  const dialect: Dialect = {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => singleConnectionDriver(connection),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
  return new Kysely<Schema>({ dialect })
}
