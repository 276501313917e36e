import type { Executor, Transaction } from '../../../src/metadata/db.ts'

/** Rows of a table that has nothing but a name and a number. Returns the name. */
export async function put({ db }: Transaction, name: string, value: number): Promise<string> {
  await db.insertInto('leases').values({ name, holder: '', expires_at: value }).execute()
  return name
}

/** Whether or not it is there. */
export async function putValue({ db }: Transaction, name: string, value: number): Promise<void> {
  await db
    .insertInto('leases')
    .values({ name, holder: '', expires_at: value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ expires_at: value }))
    .execute()
}

export async function changeValue({ db }: Transaction, name: string, from: number, by: number): Promise<void> {
  await db
    .updateTable('leases')
    .set({ expires_at: from + by })
    .where('name', '=', name)
    .execute()
}

export async function find({ db }: Executor, name: string): Promise<number | undefined> {
  const row = await db.selectFrom('leases').select('expires_at').where('name', '=', name).executeTakeFirst()
  return row?.expires_at
}

/** In the order of their names. */
export async function valuesOf({ db }: Executor): Promise<Record<string, number>> {
  const rows = await db.selectFrom('leases').selectAll().orderBy('name').execute()
  return Object.fromEntries(rows.map((row) => [row.name, row.expires_at]))
}

/** Holds a transaction open until it is told to go on. */
export function gate() {
  const reached = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  const pass = () => {
    reached.resolve()
    return opened.promise
  }
  return { open: () => opened.resolve(), pass, isReached: reached.promise }
}
