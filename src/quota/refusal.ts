import { formatByteSize } from '../lib/byte-size.ts'
import { OciError } from '../oci/errors.ts'
import type { Counts } from './store.ts'

export interface Excess {
  readonly project: string
  readonly resource: keyof Counts
  readonly limit: number
  /** Without what is wanted. */
  readonly used: number
  /** Set aside for other uploads. */
  readonly reserved: number
  readonly wanted: number
  /** More may come: how much is wanted in all is not known yet. */
  readonly atLeast?: boolean
}

/** 403 DENIED: clients show the text and do not try again. */
export function overQuota(excess: Excess): OciError {
  const { project, resource, limit, used, reserved, wanted, atLeast } = excess
  const figure = resource === 'bytes' ? bytes : (count: number) => `${count} ${resource}`
  const others = reserved > 0 ? `, ${figure(reserved)} are reserved for uploads under way` : ''
  return new OciError('DENIED', {
    message:
      `the quota of the project "${project}" is ${figure(limit)}; ${figure(used)} are used${others}, and this needs ` +
      `${atLeast ? 'at least ' : ''}${figure(wanted)} more: delete what is not needed, or ask an administrator for a larger quota`,
    detail: { reason: 'quota', ...excess },
  })
}

function bytes(count: number): string {
  return count < 1024 ? `${count} ${count === 1 ? 'byte' : 'bytes'}` : `${formatByteSize(count)} (${count} bytes)`
}
