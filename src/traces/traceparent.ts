import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'

const HEADER = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const SAMPLED = 1

/** W3C Trace Context §3.2. Undefined for what is none: then a trace begins here. */
export function parseTraceparent(header: string | null): SpanContext | undefined {
  const [, version, traceId, spanId, flags, rest] = HEADER.exec(header?.trim() ?? '') ?? []
  if (traceId === undefined || spanId === undefined || version === 'ff') return undefined
  // Later versions may have more behind it; this one may not.
  if (version === '00' && rest !== undefined) return undefined
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) & SAMPLED, isRemote: true }
  return isSpanContextValid(context) ? context : undefined
}

export function formatTraceparent({ traceId, spanId }: SpanContext): string {
  return `00-${traceId}-${spanId}-01`
}
