import { z } from 'zod'
import type { Executor, Transaction } from '../metadata/db.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'
import type { DataStatus } from '../vulndb/data-status.ts'

const NAME = 'vulnerability-match'

const schema = z.object({
  version: z.string(),
  finishedAt: z.coerce.date(),
  ecosystems: z.array(
    z.object({ ecosystem: z.string(), updatedAt: z.coerce.date(), newestRecord: z.coerce.date().optional() }),
  ),
  /** As advisories are keyed: `Debian:12`, `npm`. */
  covered: z.array(z.string()),
})

/** With which data everything was matched last, by whichever server did it. */
export type MatchState = z.infer<typeof schema>

export async function readMatchState(executor: Executor): Promise<MatchState | undefined> {
  const parsed = schema.safeParse(await readJobState(executor, NAME))
  return parsed.success ? parsed.data : undefined
}

export async function writeMatchState(
  tx: Transaction,
  { status, covered }: { readonly status: DataStatus; readonly covered: ReadonlySet<string> },
  now: Date,
): Promise<void> {
  const state = { version: status.version, finishedAt: now, ecosystems: datedOf(status), covered: [...covered] }
  await writeJobState(tx, NAME, state, now)
}

/** The moment of the newest part: of two servers, the one with the later moment has the better data. */
export function newestOf(ecosystems: readonly { readonly updatedAt?: Date | undefined }[]): number {
  return Math.max(0, ...ecosystems.map(({ updatedAt }) => updatedAt?.getTime() ?? 0))
}

function datedOf({ ecosystems }: DataStatus): MatchState['ecosystems'] {
  return ecosystems.flatMap(({ ecosystem, updatedAt, newestRecord }) =>
    updatedAt === undefined ? [] : [{ ecosystem, updatedAt, ...(newestRecord && { newestRecord }) }],
  )
}
