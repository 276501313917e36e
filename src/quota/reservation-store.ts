import { sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'

/** An upload that nobody wrote to for this long does not keep others out; when it goes on it is asked again. */
const IDLE_MS = 60 * 60 * 1000

interface Reservation {
  readonly project: number
  readonly uploadId: string
}

const sumOfOthers = prepare<Reservation & { idleSince: number }, { bytes: number }>((db, parameter) =>
  db
    .selectFrom('quota_reservations')
    .innerJoin('uploads', 'uploads.id', 'quota_reservations.upload_id')
    .select(({ fn }) => fn.coalesce(fn.sum<number>('quota_reservations.bytes'), sql.lit(0)).as('bytes'))
    .where('quota_reservations.project_id', '=', parameter('project'))
    .where('quota_reservations.upload_id', '!=', parameter('uploadId'))
    .where('uploads.state', '!=', 'done')
    .where(({ or, eb }) =>
      or([eb('uploads.writer', 'is not', null), eb('uploads.updated_at', '>', parameter('idleSince'))]),
    ),
)

/** Bytes set aside for uploads under way, but for one of them. */
export async function reservedByOthers(
  executor: Executor,
  { project, uploadId = '' }: { readonly project: number; readonly uploadId?: string | undefined },
  now: Date,
): Promise<number> {
  const [row] = await sumOfOthers(executor, { project, uploadId, idleSince: now.getTime() - IDLE_MS })
  return row?.bytes ?? 0
}

const put = prepare<Reservation & { bytes: number }, never>((db, parameter) =>
  db
    .insertInto('quota_reservations')
    .values({ upload_id: parameter('uploadId'), project_id: parameter('project'), bytes: parameter('bytes') })
    .onConflict((conflict) =>
      conflict.column('upload_id').doUpdateSet((update) => ({
        project_id: update.ref('excluded.project_id'),
        bytes: update.ref('excluded.bytes'),
      })),
    ),
)

export async function putReservation(tx: Transaction, reservation: Reservation, bytes: number): Promise<void> {
  await put(tx, { ...reservation, bytes })
}

const shrink = prepare<{ uploadId: string; bytes: number }, never>((db, parameter) =>
  db
    .updateTable('quota_reservations')
    .set({ bytes: parameter('bytes') })
    .where('upload_id', '=', parameter('uploadId'))
    .where('bytes', '>', parameter('bytes')),
)

/** To what the upload holds: nothing is on its way any more. */
export async function shrinkReservation(tx: Transaction, uploadId: string, bytes: number): Promise<void> {
  await shrink(tx, { uploadId, bytes })
}

const remove = prepare<{ uploadId: string }, never>((db, parameter) =>
  db.deleteFrom('quota_reservations').where('upload_id', '=', parameter('uploadId')),
)

export async function removeReservation(tx: Transaction, uploadId: string): Promise<void> {
  await remove(tx, { uploadId })
}

const removeGone = prepare<{ project: number }, never>((db, parameter) =>
  db
    .deleteFrom('quota_reservations')
    .where('project_id', '=', parameter('project'))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('uploads')
            .select('uploads.id')
            .whereRef('uploads.id', '=', 'quota_reservations.upload_id')
            .where('uploads.state', '!=', 'done'),
        ),
      ),
    ),
)

/** Those of uploads that were finished, cancelled or have expired. */
export async function removeGoneReservations(tx: Transaction, project: number): Promise<void> {
  await removeGone(tx, { project })
}
