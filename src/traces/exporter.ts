import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { GuardedEgress } from '../client/guarded-egress.ts'
import type { Log } from '../observability/log.ts'
import { outsideOfTraces } from '../observability/tracing.ts'

export interface ExporterParts {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly egress: GuardedEgress
  readonly log: Log
  readonly onSent: (spans: number) => void
}

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0]

const OK: ExportResult = { code: 0 }
const FAILED: ExportResult = { code: 1 }

/**
 * OTLP over HTTP, in protobuf, which every collector takes, by our own way out. What a collector does not take is gone:
 * traces are never worth holding anything up.
 */
export class EgressExporter implements SpanExporter {
  readonly #parts: ExporterParts
  readonly #running = new Set<Promise<void>>()
  readonly #ending = new AbortController()
  #isDown = false

  constructor(parts: ExporterParts) {
    this.#parts = parts
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const sending = outsideOfTraces(() => this.#send(spans)).then(done)
    this.#running.add(sending)
    void sending.finally(() => this.#running.delete(sending))
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#running)
  }

  async shutdown(): Promise<void> {
    this.#ending.abort()
  }

  async #send(spans: ReadableSpan[]): Promise<ExportResult> {
    const { url, headers, egress, onSent } = this.#parts
    try {
      const body = ProtobufTraceSerializer.serializeRequest(spans)
      if (body === undefined) return OK
      const answer = await egress({
        ...{ method: 'POST', url, body, mayBePrivate: true, followsRedirects: false, signal: this.#ending.signal },
        headers: { ...headers, 'content-type': 'application/x-protobuf' },
      })
      await answer.discard()
      if (answer.status < 200 || answer.status > 299)
        throw new Error(`${url.host} answered with status ${answer.status}`)
      onSent(spans.length)
      this.#up()
      return OK
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#down(error)
      return FAILED
    }
  }

  #down(error: unknown): void {
    if (!this.#isDown)
      this.#parts.log.warn('traces cannot be sent to the collector; until they can be again they are dropped', {
        error,
      })
    this.#isDown = true
  }

  #up(): void {
    if (this.#isDown) this.#parts.log.info('traces are sent to the collector again')
    this.#isDown = false
  }
}
