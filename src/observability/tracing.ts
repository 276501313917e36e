import { AsyncLocalStorage } from 'node:async_hooks'
import { OciError } from '../oci/errors.ts'

export type Attributes = Readonly<Record<string, string | number | boolean>>

export interface SpanStart {
  /** One of a few: no path, no name of a client's choice. */
  readonly name: string
  /** `client`: somebody else is asked. */
  readonly kind?: 'client'
  readonly attributes?: Attributes
}

/** A piece of work that a trace tells of (OpenTelemetry's span), while it goes on. */
export interface TraceSpan {
  readonly traceId: string
  readonly isEnded: boolean
  /** A part of it. */
  child(start: SpanStart): TraceSpan
  rename(name: string): void
  set(attributes: Attributes): void
  /** A query to a database (`sqlite`, `postgresql`); they are told together when it ends. */
  addQuery(system: string, startedAt: number): void
  /** With the kind of what went wrong, and no message: that may have something of a client in it. */
  end(trouble?: string): void
  /** Ends it without a word unless it had parts. */
  endQuietly(): void
  /** What continues the trace at this host (W3C Trace Context §3.2); undefined: it is not to know. */
  traceparentFor(host: string): string | undefined
}

/** Where traces begin. */
export interface Tracing {
  /** Undefined: this one is not looked at. */
  request(traceparent: string | null): TraceSpan | undefined
  job(name: string): TraceSpan | undefined
  /** Sends what is left, for a moment. */
  close(): Promise<void>
}

const current = new AsyncLocalStorage<TraceSpan | undefined>()
let isOn = false

/** Without this everything here does nothing. */
export function turnTracingOn(): void {
  isOn = true
}

export function within<T>(span: TraceSpan, work: () => T): T {
  return current.run(span, work)
}

/** For what is begun by a request and is no part of it. */
export function outsideOfTraces<T>(work: () => T): T {
  return isOn ? current.run(undefined, work) : work()
}

/** The work that this is a part of, if a trace is made of it. */
export function currentSpan(): TraceSpan | undefined {
  if (!isOn) return undefined
  const span = current.getStore()
  return span?.isEnded === true ? undefined : span
}

/** Does a part of a request or job; a span of it comes into the trace that they are in. */
export function inSpan<T>(start: SpanStart, work: (span?: TraceSpan) => Promise<T>): Promise<T> {
  const parent = currentSpan()
  return parent === undefined ? work() : doIn(parent.child(start), work)
}

async function doIn<T>(span: TraceSpan, work: (span: TraceSpan) => Promise<T>): Promise<T> {
  try {
    const result = await current.run(span, () => work(span))
    span.end()
    return result
  } catch (error) {
    span.end(troubleOf(error))
    throw error
  }
}

/** What went wrong, in a word of ours or of the runtime's. A refusal is an answer like others. */
export function troubleOf(error: unknown): string | undefined {
  if (error instanceof OciError && error.status < 500) return undefined
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? String(error.code) : ''
  return /^[A-Z0-9_]{1,60}$/.test(code) ? code : error.constructor.name
}
