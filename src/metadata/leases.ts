import type { Executor, Transaction } from './db.ts'

export interface NewLease {
  /** What is held: `backup:<id>`. */
  readonly name: string
  /** Who holds it: nobody else can take or renew it before it expires. */
  readonly holder: string
  readonly now: Date
  readonly ttlMs: number
  /** Another's lease that lasts longer than this from now on is taken too. */
  readonly overLongerThanMs?: number
}

/** Takes or renews a lease. False while another holder has it. */
export async function takeLease(
  tx: Transaction,
  { name, holder, now, ttlMs, overLongerThanMs }: NewLease,
): Promise<boolean> {
  const at = now.getTime()
  const taken = await tx.db
    .insertInto('leases')
    .values({ name, holder, expires_at: at + ttlMs })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet((update) => ({
          holder: update.ref('excluded.holder'),
          expires_at: update.ref('excluded.expires_at'),
        }))
        .where(({ eb, or }) =>
          or([
            eb('leases.holder', '=', holder),
            eb('leases.expires_at', '<=', at),
            ...(overLongerThanMs === undefined ? [] : [eb('leases.expires_at', '>', at + overLongerThanMs)]),
          ]),
        ),
    )
    .returning('name')
    .execute()
  return taken.length > 0
}

/** Idempotent; leaves the lease of another holder alone. */
export async function releaseLease(tx: Transaction, name: string, holder: string): Promise<void> {
  await tx.db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute()
}

/** Whether any lease whose name starts so has not expired. */
export async function hasLease(executor: Executor, prefix: string, now: Date): Promise<boolean> {
  const row = await executor.db
    .selectFrom('leases')
    .select('name')
    .where('name', '>=', prefix)
    .where('name', '<', `${prefix}\u{10ffff}`)
    .where('expires_at', '>', now.getTime())
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Leases whose names start so and that have not expired, by name. */
export async function heldLeases(
  executor: Executor,
  prefix: string,
  now: Date,
): Promise<{ readonly name: string; readonly holder: string }[]> {
  return executor.db
    .selectFrom('leases')
    .select(['name', 'holder'])
    .where('name', '>=', prefix)
    .where('name', '<', `${prefix}\u{10ffff}`)
    .where('expires_at', '>', now.getTime())
    .orderBy('name')
    .execute()
}

/** Forgets leases whose holders are gone, and, for a restored copy, all of them. */
export async function removeLeases(tx: Transaction, expiredBy: Date | undefined): Promise<void> {
  await tx.db
    .deleteFrom('leases')
    .$if(expiredBy !== undefined, (query) => query.where('expires_at', '<=', expiredBy?.getTime() ?? 0))
    .execute()
}
