import { Problem } from '../lib/problem.ts'
import { OciError } from '../oci/errors.ts'
import { RemoteError } from '../registry/image-source.ts'
import type { Executor } from '../metadata/db.ts'
import { findExecution } from './execution-store.ts'
import { listImages } from './image-store.ts'

/** Why an image could not be brought, and whether it is worth to try again. */
export interface Failure {
  /** For people. */
  readonly reason: string
  /** `place`: nothing can be done there at the moment. `image`: with this one, perhaps later. `final`: it was refused, or is wrong. */
  readonly kind: 'place' | 'image' | 'final'
  /** Of the next attempt, where the other side said so. */
  readonly retryAfterMs: number | undefined
}

const OF_THE_PLACE: readonly string[] = ['unreachable', 'timeout', 'rate-limited']

export function failureOf(error: unknown): Failure {
  if (error instanceof RemoteError) {
    const { kind, retryAfterMs } = error
    const reason = error.said === undefined ? error.message : `${error.message}; it says: ${error.said}`
    if (OF_THE_PLACE.includes(kind)) return { reason, kind: 'place', retryAfterMs }
    return { reason, kind: kind === 'refused' || kind === 'invalid' ? 'final' : 'image', retryAfterMs }
  }
  const reason = error instanceof Error ? error.message : String(error)
  const isRefusal = error instanceof OciError || error instanceof Problem
  return { reason, kind: isRefusal ? 'final' : 'image', retryAfterMs: undefined }
}

const FIRST_MS = 2000
const LONGEST_MS = 5 * 60_000

/** After so many attempts. */
export function backOffMs(attempts: number, retryAfterMs = 0): number {
  return Math.min(LONGEST_MS, Math.max(retryAfterMs, FIRST_MS * 2 ** Math.max(0, attempts - 1)))
}

/** What an execution says of itself in the end, with the first reason; undefined: nothing failed. */
export async function whyFailed(executor: Executor, execution: number): Promise<string | undefined> {
  const failed = (await findExecution(executor, execution))?.failed ?? 0
  if (failed === 0) return undefined
  const after = { repository: '', reference: '' }
  const [first] = await listImages(executor, execution, { after, limit: 1, state: 'failed' })
  const what = `${failed} ${failed === 1 ? 'image' : 'images'} could not be brought`
  return first === undefined ? what : `${what}; ${first.repository}:${first.reference}: ${first.reason}`
}
