import pg from 'pg'
import { splitPoolSize, types } from './postgres.ts'
import { isOutage } from './postgres-errors.ts'
import { unavailable } from './postgres-transactions.ts'

const CONNECT_TIMEOUT_MS = 10_000

/** A connection of its own, for as long as the work takes: for work that lasts. @throws DatabaseUnavailable */
export async function withPostgresClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { connectionString } = splitPoolSize(url)
  const client = new pg.Client({
    ...{ connectionString, types, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true },
    application_name: 'berth-move',
  })
  // A connection that breaks between two queries is told by the next one.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } catch (error) {
    throw isOutage(error) ? unavailable(error) : error
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** A move lasts, and rests while objects are copied: what a server's operator set for requests is not for it. */
export const NO_TIMEOUTS = 'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0'

/** Ends with a rollback unless `work` has committed. */
export function inTransaction<T>(url: string, begin: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withPostgresClient(url, async (client) => {
    await client.query(`${begin}; ${NO_TIMEOUTS}`)
    return work(client)
  })
}
