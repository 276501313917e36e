import type { Bucket } from './bucket.ts'
import { listMultiparts, listParts, type Multipart, type Part } from './multipart.ts'
import type { Names } from './names.ts'

/** What is held of an upload: parts and a tail behind them, or one whole object at the final key. */
export interface UploadState {
  multipart: Multipart | undefined
  parts: readonly Part[]
  /** Bytes behind the parts, too few to be one. */
  tail: Tail | undefined
  /** The object at the final key. While there are parts it is an earlier state of the upload, and they replace it. */
  whole: Whole | undefined
  /** Side objects that were written. */
  tailKeys: ReadonlySet<string>
  /** Parts behind a gap: a writer died while it sent several, and not all arrived. */
  strayParts: readonly Part[]
}

export interface Tail {
  readonly sizeBytes: number
  /** Undefined: in a side object only. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
}

export interface Whole {
  readonly sizeBytes: number
  /** When it was last known to be there, by `performance.now()`. */
  readonly seenAt: number
}

export function emptyState(): UploadState {
  return { multipart: undefined, parts: [], tail: undefined, whole: undefined, tailKeys: new Set(), strayParts: [] }
}

export function partsBytes({ parts }: Pick<UploadState, 'parts'>): number {
  return parts.reduce((sum, part) => sum + part.sizeBytes, 0)
}

export function sizeOf(state: UploadState): number {
  if (state.multipart !== undefined || state.tail !== undefined) return partsBytes(state) + (state.tail?.sizeBytes ?? 0)
  return state.whole?.sizeBytes ?? 0
}

/** What S3 holds of an upload; undefined: nothing. */
export async function loadState(bucket: Bucket, names: Names, id: string): Promise<UploadState | undefined> {
  const key = names.final(id)
  const [found, head] = await Promise.all([loadParts(bucket, key), bucket.head(key)])
  const whole = head && { sizeBytes: head.sizeBytes, seenAt: performance.now() }
  if (found === undefined) return whole && { ...emptyState(), whole }
  const { multipart, parts, strayParts } = found
  const state: UploadState = { ...emptyState(), ...{ multipart, parts, strayParts, whole } }
  const tailKeys = new Set<string>()
  for await (const { key: tailKey, sizeBytes } of bucket.list(names.tails(id))) {
    tailKeys.add(tailKey)
    if (tailKey === names.tail(id, partsBytes(state))) state.tail = { sizeBytes, bytes: undefined }
  }
  return { ...state, tailKeys }
}

type FoundParts = Pick<UploadState, 'parts' | 'strayParts'> & { readonly multipart: Multipart }

/** Of several multipart uploads, which only lost answers leave behind, the one that has something. */
async function loadParts(bucket: Bucket, key: string): Promise<FoundParts | undefined> {
  let best: FoundParts | undefined
  for await (const multipart of listMultiparts(bucket, key)) {
    if (multipart.key !== key) continue
    const parts = await Array.fromAsync(listParts(bucket, multipart))
    const gap = parts.findIndex((part, index) => part.number !== index + 1)
    const end = gap < 0 ? parts.length : gap
    if (end > (best?.parts.length ?? 0)) best = { multipart, parts: parts.slice(0, end), strayParts: parts.slice(end) }
  }
  return best
}
