import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import { Recent } from '../lib/recent.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { nameBeforeDeletion } from '../metadata/repositories.ts'
import type { Log } from '../observability/log.ts'
import type { Guard, IncomingBytes, Operation } from '../registry/operation.ts'
import { countOperation } from './count-operation.ts'
import { addBytesOf, countedName, dropBytesOf } from './count-store.ts'
import { type QuotaProject, QuotaProjects } from './quota-projects.ts'
import { overQuota } from './refusal.ts'
import { removeReservation, reservedByOthers, shrinkReservation } from './reservation-store.ts'
import { reserve } from './reserve.ts'
import { addToCounts, type Counts, findQuota, type Quota } from './store.ts'
import { noteNearlyFull, RESOURCES } from './warning.ts'

interface QuotaGuardParts {
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
  readonly log: Log
}

/** Uploads whose reservation is remembered; one that is forgotten costs a transaction. */
const REMEMBERED_UPLOADS = 10_000

/**
 * Counts what the repositories of a project hold, in the transaction of each change, and refuses what goes beyond its
 * quota: before the bytes come, and again when they are committed.
 */
export function quotaGuard(parts: QuotaGuardParts): Guard {
  const { database, clock } = parts
  const projects = new QuotaProjects()
  const admitted = new Recent<string, number>(REMEMBERED_UPLOADS)

  async function check(operation: Operation, tx: Transaction): Promise<void> {
    const project = await projects.find(tx, nameBeforeDeletion(operation.repository))
    const movedBytes = operation.type === 'restore-repository' ? await moveBytes(tx, operation, project) : 0
    if (project === undefined) return
    const uploadId = operation.type === 'push-blob' ? operation.uploadId : undefined
    if (uploadId !== undefined) await removeReservation(tx, uploadId)
    const counted = await countOperation(tx, project.id, operation)
    const delta = { ...counted, bytes: counted.bytes + movedBytes }
    if (RESOURCES.every((resource) => delta[resource] === 0)) return
    const quota = await addToCounts(tx, project.id, delta)
    if (quota === undefined) return
    if (operation.adopted === undefined)
      requireWithin(project, quota, delta, await promised(tx, project, delta, uploadId))
    await noteNearlyFull(parts, tx, { project, quota, actor: operation.actor })
  }

  /** What an upload brings it had reserved; everything else must leave the uploads under way what they were promised. */
  async function promised(
    tx: Transaction,
    { id }: QuotaProject,
    delta: Counts,
    uploadId: string | undefined,
  ): Promise<number> {
    return delta.bytes > 0 && uploadId === undefined ? reservedByOthers(tx, { project: id }, clock.now()) : 0
  }

  /**
   * A deleted repository counts for the project that it was deleted from. When it comes back under a name in another
   * one, its bytes go there with it. Returns what that adds to the project that it comes to.
   */
  async function moveBytes(
    tx: Transaction,
    { repositoryId, actor }: Operation,
    to: QuotaProject | undefined,
  ): Promise<number> {
    const name = await countedName(tx, repositoryId)
    const from = name && (await projects.find(tx, name))
    if (from?.id === to?.id) return 0
    if (from !== undefined) {
      const bytes = await dropBytesOf(tx, from.id, repositoryId)
      const quota = await addToCounts(tx, from.id, { bytes: -bytes, repositories: 0, tags: 0 })
      if (quota !== undefined) await noteNearlyFull(parts, tx, { project: from, quota, actor })
    }
    return to === undefined ? 0 : addBytesOf(tx, to.id, repositoryId)
  }

  async function admitBytes(upload: IncomingBytes): Promise<void> {
    const { uploadId, totalBytes, flowing } = upload
    if (flowing && totalBytes <= (admitted.get(uploadId) ?? -1)) return
    const project = await projects.find(database.reader, upload.repository)
    if (project === undefined) return admitted.set(uploadId, Number.POSITIVE_INFINITY)
    if (totalBytes === 0) {
      admitted.set(uploadId, 0)
      return requireAnyLeft(project, uploadId)
    }
    const verdict = await database.writeQuietly((tx) => reserve(tx, project, upload, clock.now()))
    admitted.set(uploadId, 'excess' in verdict ? 0 : verdict.admitted)
    if ('excess' in verdict) throw overQuota(verdict.excess)
  }

  async function settleBytes(uploadId: string, heldBytes: () => Promise<number | undefined>): Promise<void> {
    const promised = admitted.get(uploadId) ?? 0
    if (promised === 0 || promised === Number.POSITIVE_INFINITY) return
    const held = await heldBytes()
    if (held === undefined || held >= promised) return
    await database.writeQuietly((tx) => shrinkReservation(tx, uploadId, held))
    admitted.set(uploadId, held)
  }

  /** Whoever starts an upload will want a byte at least. */
  async function requireAnyLeft(project: QuotaProject, uploadId: string): Promise<void> {
    const quota = await findQuota(database.reader, project.id)
    const limit = quota?.limits.bytes
    if (quota === undefined || limit === undefined) return
    const used = quota.used.bytes
    const reserved = await reservedByOthers(database.reader, { project: project.id, uploadId }, clock.now())
    if (used + reserved >= limit)
      throw overQuota({ project: project.name, resource: 'bytes', limit, used, reserved, wanted: 1, atLeast: true })
  }

  return { name: 'quota', check, admitBytes, settleBytes }
}

/** Only what is added is refused: a limit below what is there already takes nothing away. @throws OciError DENIED */
function requireWithin({ name: project }: QuotaProject, quota: Quota, delta: Counts, reservedBytes: number): void {
  for (const resource of RESOURCES) {
    const limit = quota.limits[resource]
    const wanted = delta[resource]
    const reserved = resource === 'bytes' ? reservedBytes : 0
    if (limit === undefined || wanted <= 0 || quota.used[resource] + reserved <= limit) continue
    throw overQuota({ project, resource, limit, used: quota.used[resource] - wanted, reserved, wanted })
  }
}
