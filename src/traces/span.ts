import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { Attributes, SpanStart, TraceSpan } from '../observability/tracing.ts'
import { formatTraceparent } from './traceparent.ts'

export interface SpanParts {
  readonly tracer: Tracer
  readonly onEnd: () => void
  /** Whether a host may know of our traces. */
  readonly isTold: (host: string) => boolean
}

const KINDS = { client: SpanKind.CLIENT } as const

/** Our kind of span, on one of OpenTelemetry's that is recorded. */
export class OtelSpan implements TraceSpan {
  readonly #parts: SpanParts
  readonly #span: Span
  readonly #context: Context
  #isEnded = false
  #hasParts = false
  #queries = 0
  #system = ''
  #firstQueryAt = 0
  #lastQueryAt = 0

  constructor(parts: SpanParts, span: Span) {
    this.#parts = parts
    this.#span = span
    this.#context = trace.setSpan(ROOT_CONTEXT, span)
  }

  get traceId(): string {
    return this.#span.spanContext().traceId
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  child({ name, kind, attributes = {} }: SpanStart): TraceSpan {
    this.#hasParts = true
    const options = { attributes, kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind] }
    return new OtelSpan(this.#parts, this.#parts.tracer.startSpan(name, options, this.#context))
  }

  rename(name: string): void {
    this.#span.updateName(name)
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes)
  }

  addQuery(system: string, startedAt: number): void {
    if (this.#queries === 0) this.#firstQueryAt = startedAt
    this.#system = system
    this.#queries++
    this.#lastQueryAt = performance.now()
  }

  end(trouble?: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#endQueries()
    if (trouble !== undefined) {
      this.#span.setAttribute('error.type', trouble)
      this.#span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.#span.end()
    this.#parts.onEnd()
  }

  endQuietly(): void {
    // One that does not end is never sent.
    if (this.#hasParts) this.end()
    else this.#isEnded = true
  }

  traceparentFor(host: string): string | undefined {
    return this.#parts.isTold(host) ? formatTraceparent(this.#span.spanContext()) : undefined
  }

  #endQueries(): void {
    if (this.#queries === 0) return
    const attributes = { 'db.system.name': this.#system, 'berth.queries': this.#queries }
    const options = { attributes, kind: SpanKind.CLIENT, startTime: this.#firstQueryAt }
    this.#parts.tracer.startSpan('database queries', options, this.#context).end(this.#lastQueryAt)
    this.#parts.onEnd()
  }
}
