import type { KyselyPlugin, QueryId } from 'kysely'
import { traced } from '../observability/traced.ts'
import { currentSpan, inSpan } from '../observability/tracing.ts'
import type { Database, Engine, Executor, Transaction } from './db.ts'

/** A span for each transaction, and one for all queries together that a piece of work makes outside of one. */
export function tracedDatabase(database: Database): Database {
  const transactions = new WeakMap<Transaction, Transaction>()
  const tracedTransaction = (tx: Transaction) => {
    const known = transactions.get(tx) ?? tracedExecutor(tx)
    transactions.set(tx, known)
    return known
  }
  type Write = Database['writeRelaxed']
  const within =
    (kind: string, write: Write): Write =>
    (work) =>
      inSpan({ name: 'database transaction', attributes: { 'berth.transaction': kind } }, () =>
        write((tx) => work(tracedTransaction(tx))),
      )
  return traced(
    database,
    {},
    {
      reader: tracedExecutor(database.reader),
      write: (work, turn) => within('durable', (inner) => database.write(inner, turn))(work),
      writeRelaxed: within('relaxed', (work) => database.writeRelaxed(work)),
      writeQuietly: within('quiet', (work) => database.writeQuietly(work)),
      writeAccess: within('access', (work) => database.writeAccess(work)),
    },
  )
}

/** As OpenTelemetry's conventions have them. */
const SYSTEMS: Readonly<Record<Engine, string>> = { sqlite: 'sqlite', postgres: 'postgresql' }

function tracedExecutor(executor: Executor): Executor {
  const system = SYSTEMS[executor.engine]
  return {
    engine: executor.engine,
    db: executor.db.withPlugin(queryTimes(system)),
    run: async (query, parameters) => {
      const startedAt = performance.now()
      try {
        return await executor.run(query, parameters)
      } finally {
        currentSpan()?.addQuery(system, startedAt)
      }
    },
  }
}

/** From when a query was put into words to its rows; one that fails is told by the span around it. */
function queryTimes(system: string): KyselyPlugin {
  const startedAt = new WeakMap<QueryId, number>()
  return {
    transformQuery: ({ node, queryId }) => {
      startedAt.set(queryId, performance.now())
      return node
    },
    transformResult: async ({ result, queryId }) => {
      currentSpan()?.addQuery(system, startedAt.get(queryId) ?? performance.now())
      return result
    },
  }
}
