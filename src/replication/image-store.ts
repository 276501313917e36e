import type { Executor, Transaction } from '../metadata/db.ts'
import type { ReplicatedState } from '../metadata/schema-replication.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'

/** A line of an execution's log: one image. */
export interface ImageLine {
  /** As it is called where the image comes from. */
  readonly repository: RepositoryName
  /** A tag, a digest, or `*`. */
  readonly reference: string
  readonly digest: Digest | undefined
  readonly state: ReplicatedState
  /** For people. */
  readonly reason: string
  readonly attempts: number
  readonly bytes: number
  readonly at: Date
  /** Of one that waits. */
  readonly nextAt: Date | undefined
}

interface ImageRow {
  readonly repository: RepositoryName
  readonly reference: string
  readonly digest: Digest | null
  readonly state: ReplicatedState
  readonly reason: string
  readonly attempts: number
  readonly bytes: number
  readonly at: number
  readonly next_at: number | null
}

const COLUMNS = [
  ...(['repository', 'reference', 'digest', 'state', 'reason', 'attempts', 'bytes', 'at', 'next_at'] as const),
] as const

function toLine({ next_at, at, digest, ...row }: ImageRow): ImageLine {
  return {
    ...row,
    digest: digest ?? undefined,
    at: new Date(at),
    nextAt: next_at === null ? undefined : new Date(next_at),
  }
}

/** A later line about the same image replaces the one before. */
export async function putImages(tx: Transaction, execution: number, lines: readonly ImageLine[]): Promise<void> {
  for (const { nextAt, at, digest, ...line } of lines) {
    const row = { ...line, digest: digest ?? null, at: at.getTime(), next_at: nextAt?.getTime() ?? null }
    await tx.db
      .insertInto('replication_images')
      .values({ execution_id: execution, ...row })
      .onConflict((conflict) => conflict.columns(['execution_id', 'repository', 'reference']).doUpdateSet(row))
      .execute()
  }
}

/** Those that are to be tried again, and whose time has come; with `now` undefined all of them. */
export async function waitingImages(
  executor: Executor,
  execution: number,
  now: Date | undefined,
  limit: number,
): Promise<ImageLine[]> {
  const rows = await executor.db
    .selectFrom('replication_images')
    .select(COLUMNS)
    .where('execution_id', '=', execution)
    .where('state', '=', 'waiting')
    .$if(now !== undefined, (query) => query.where('next_at', '<=', now?.getTime() ?? 0))
    .orderBy('next_at')
    .orderBy('repository')
    .orderBy('reference')
    .limit(limit)
    .execute()
  return rows.map(toLine)
}

export async function countLines(executor: Executor, execution: number): Promise<number> {
  const { count } = await executor.db
    .selectFrom('replication_images')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('execution_id', '=', execution)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export interface LinePage {
  readonly after: { readonly repository: string; readonly reference: string }
  readonly limit: number
  /** Undefined: all. */
  readonly state?: ReplicatedState | undefined
}

/** By repository and reference. */
export async function listImages(
  executor: Executor,
  execution: number,
  { after, limit, state }: LinePage,
): Promise<ImageLine[]> {
  const rows = await executor.db
    .selectFrom('replication_images')
    .select(COLUMNS)
    .where('execution_id', '=', execution)
    .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'failed'))
    .where(({ eb, or, and }) =>
      or([
        eb('repository', '>', after.repository as RepositoryName),
        and([eb('repository', '=', after.repository as RepositoryName), eb('reference', '>', after.reference)]),
      ]),
    )
    .orderBy('repository')
    .orderBy('reference')
    .limit(limit)
    .execute()
  return rows.map(toLine)
}
