import type { Transaction } from '../metadata/db.ts'
import type { IncomingBytes } from '../registry/operation.ts'
import type { QuotaProject } from './quota-projects.ts'
import type { Excess } from './refusal.ts'
import { putReservation, removeGoneReservations, removeReservation, reservedByOthers } from './reservation-store.ts'
import { findQuota } from './store.ts'

/** Bytes that an upload may hold, or why it may not hold what it wants. */
export type Verdict = { readonly admitted: number } | { readonly excess: Excess }

const AHEAD_BYTES = 64 * 1024 * 1024
/** An upload of unknown length takes at most this part of what is left, so that it does not keep others out. */
const AHEAD_SHARE = 8
/** With less than this left it takes what it needs and no more. */
const NO_AHEAD_BELOW_BYTES = 8 * 1024 * 1024

/** Sets bytes aside for an upload. One that is refused keeps nothing: others may fit. */
export async function reserve(
  tx: Transaction,
  project: QuotaProject,
  { uploadId, totalBytes, flowing, isUnsized }: IncomingBytes,
  now: Date,
): Promise<Verdict> {
  const quota = await findQuota(tx, project.id)
  const limit = quota?.limits.bytes
  if (quota === undefined || limit === undefined) return { admitted: Number.POSITIVE_INFINITY }
  const { bytes: used } = quota.used
  await removeGoneReservations(tx, project.id)
  const reserved = await reservedByOthers(tx, { project: project.id, uploadId }, now)
  const left = limit - used - reserved - totalBytes
  if (left < 0) {
    await removeReservation(tx, uploadId)
    const excess = { project: project.name, resource: 'bytes', limit, used, reserved, wanted: totalBytes } as const
    return { excess: { ...excess, atLeast: flowing || isUnsized === true } }
  }
  const ahead = flowing && left >= NO_AHEAD_BELOW_BYTES ? Math.min(AHEAD_BYTES, Math.floor(left / AHEAD_SHARE)) : 0
  await putReservation(tx, { project: project.id, uploadId }, totalBytes + ahead)
  return { admitted: totalBytes + ahead }
}
