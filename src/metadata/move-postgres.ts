import type { ClientBase } from 'pg'
import { systemClock } from '../lib/clock.ts'
import type { Filling, LastReading, MoveSource, MoveTarget, Reading } from './move-ends.ts'
import { closedTurn, MOVE_STATE, type MoveState, WRITE_TURN } from './move-state.ts'
import { openPostgres } from './postgres.ts'
import { inTransaction, NO_TIMEOUTS, withPostgresClient } from './postgres-client.ts'
import { executorOnPostgres } from './postgres-dialect.ts'
import { TABLES_IN_USE } from './table-list.ts'
import { PostgresTables } from './tables-postgres.ts'

export class PostgresSource implements MoveSource {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  withSnapshot<T>(work: (reading: Reading) => Promise<T>): Promise<T> {
    return inTransaction(this.#url, 'begin isolation level repeatable read read only', (client) =>
      work(readingOn(client)),
    )
  }

  /** What writers lock is ours before the snapshot is taken, so nobody commits anything after it. */
  withLock<T>(work: (reading: LastReading) => Promise<T>): Promise<T> {
    return withPostgresClient(this.#url, async (client) => {
      const turn = await findTurn(client)
      await client.query(
        `begin isolation level repeatable read; ${NO_TIMEOUTS}; lock table ${turn} in access exclusive mode`,
      )
      const close = async (state: MoveState) => {
        await writeState(client, state)
        await renameTurn(client, turn, state)
        await client.query('commit')
      }
      return work({ ...readingOn(client), close })
    })
  }

  async end(): Promise<void> {
    // Nothing is open between two readings.
  }
}

function readingOn(client: ClientBase): Reading {
  return { tables: new PostgresTables(client), executor: executorOnPostgres(client) }
}

/** Makes the schema. @throws DatabaseUnavailable */
export async function openPostgresTarget(url: string): Promise<MoveTarget> {
  await (await openPostgres({ url, clock: systemClock })).close()
  return new PostgresTarget(url)
}

class PostgresTarget implements MoveTarget {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  begun(): Promise<MoveState | undefined> {
    return withPostgresClient(this.#url, async (client) => {
      const state = await readState(client)
      if (state?.state === 'arriving') return state
      for (const table of TABLES_IN_USE) {
        const { rows } = await client.query(`select 1 from ${table} limit 1`)
        if (rows.length > 0)
          throw new Error(
            `the database to move to is in use (there are ${table.replaceAll('_', ' ')} in it); give an empty one`,
          )
      }
      return undefined
    })
  }

  isFilled({ id }: MoveState): Promise<boolean> {
    return withPostgresClient(this.#url, async (client) => {
      const state = await readState(client)
      return state?.id === id && (await hasRows(client))
    })
  }

  claim(state: MoveState): Promise<void> {
    return inTransaction(this.#url, 'begin', async (client) => {
      const turn = await findTurn(client)
      await client.query(`lock table ${turn} in access exclusive mode`)
      await writeState(client, state)
      await renameTurn(client, turn, state)
      await client.query('commit')
    })
  }

  fill(work: (filling: Filling) => Promise<void>): Promise<void> {
    return inTransaction(this.#url, 'begin', async (client) => {
      // A second one that fills it at the same time would make neither of them.
      await client.query(`lock table ${await findTurn(client)} in access exclusive mode nowait`)
      const references = await dropReferences(client)
      await work({
        tables: new PostgresTables(client),
        executor: executorOnPostgres(client),
        settle: async () => void (await client.query('analyze')),
        commit: async (state) => {
          for (const { table, name, definition } of references)
            await client.query(`alter table ${table} add constraint ${name} ${definition} not valid`)
          if (state !== undefined) await writeState(client, state)
          await client.query('commit')
        },
      })
    })
  }

  open(state: MoveState): Promise<readonly string[]> {
    return withPostgresClient(this.#url, async (client) => {
      await client.query('begin')
      const turn = await findTurn(client)
      if (turn !== WRITE_TURN) await client.query(`alter table ${turn} rename to ${WRITE_TURN}`)
      await writeState(client, state)
      await client.query('commit')
      return validateReferences(client)
    })
  }

  async end(): Promise<void> {
    // Nothing is open between two steps.
  }
}

export function reopenPostgres(url: string, state: MoveState | undefined): Promise<void> {
  return inTransaction(url, 'begin', async (client) => {
    const turn = await findTurn(client)
    await client.query(`lock table ${turn} in access exclusive mode`)
    const name = state?.state === 'stored' ? closedTurn(state.id) : WRITE_TURN
    if (turn !== name) await client.query(`alter table ${turn} rename to ${name}`)
    if (state === undefined) await client.query('delete from job_state where name = $1', [MOVE_STATE])
    else await writeState(client, state)
    await client.query('commit')
  })
}

async function readState(client: ClientBase): Promise<MoveState | undefined> {
  const { rows } = await client.query('select state from job_state where name = $1', [MOVE_STATE])
  return rows[0] && JSON.parse(rows[0].state)
}

async function writeState(client: ClientBase, state: MoveState): Promise<void> {
  await client.query(
    `insert into job_state (name, state, updated_at) values ($1, $2, $3)
     on conflict (name) do update set state = excluded.state, updated_at = excluded.updated_at`,
    [MOVE_STATE, JSON.stringify(state), Date.parse(state.at)],
  )
}

/** What writers lock here, whatever it is called now. */
async function findTurn(client: ClientBase): Promise<string> {
  const { rows } = await client.query(
    `select relname::text as name from pg_class
     where relkind = 'r' and relnamespace = current_schema()::regnamespace and relname ~ $1`,
    [`^${WRITE_TURN}(_[0-9a-f]+)?$`],
  )
  if (rows.length !== 1) throw new Error(`the database has ${rows.length} tables ${WRITE_TURN} instead of one`)
  return rows[0].name
}

async function renameTurn(client: ClientBase, turn: string, { id }: MoveState): Promise<void> {
  if (turn !== closedTurn(id)) await client.query(`alter table ${turn} rename to ${closedTurn(id)}`)
}

/** A registry that has no row at all is as well moved by being filled again. */
async function hasRows(client: ClientBase): Promise<boolean> {
  for (const table of TABLES_IN_USE)
    if ((await client.query(`select 1 from ${table} limit 1`)).rows.length > 0) return true
  return false
}

interface Reference {
  readonly table: string
  readonly name: string
  readonly definition: string
}

/** Checked row by row they would cost more than the rows, and they would forbid to copy a table at a time. */
async function dropReferences(client: ClientBase): Promise<readonly Reference[]> {
  const { rows } = await client.query(
    `select conrelid::regclass::text as "table", quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace order by conname`,
  )
  const references = rows as Reference[]
  for (const { table, name } of references) await client.query(`alter table ${table} drop constraint ${name}`)
  return references.map((reference) => ({ ...reference, definition: reference.definition.replace(/ NOT VALID$/, '') }))
}

async function validateReferences(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query(
    `select conrelid::regclass::text as "table", quote_ident(conname) as name
     from pg_constraint where contype = 'f' and not convalidated and connamespace = current_schema()::regnamespace`,
  )
  const problems: string[] = []
  for (const { table, name } of rows as Reference[])
    await client.query(`alter table ${table} validate constraint ${name}`).catch((error: Error) => {
      problems.push(`${table}: ${error.message}`)
    })
  return problems
}
