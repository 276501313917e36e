import { ROOT_CONTEXT, SpanKind, type Span, trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { readTextFile } from '../auth/secret-file.ts'
import { kindOfAddress } from '../client/address-kind.ts'
import { resolveBySystem } from '../client/guarded-connection.ts'
import { createGuardedEgress, EGRESS_TIMES } from '../client/guarded-egress.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { VERSION } from '../lib/version.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import { type Tracing, turnTracingOn } from '../observability/tracing.ts'
import { EgressExporter } from './exporter.ts'
import { parseHeaders } from './headers.ts'
import { OtelSpan, type SpanParts } from './span.ts'
import { parseTraceparent } from './traceparent.ts'

export interface TracingParts {
  readonly settings: Config['traces'] & { readonly endpoint: string }
  readonly instance: string
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Spans that wait to be sent, about 1 KiB each; what comes on top is dropped. */
const QUEUED = 4096
const BATCH = 512
const EVERY_MS = 2000
const TIME_LIMIT_MS = 10_000
/** For what is left at the end. */
const LAST_MS = 2000
const PATH = '/v1/traces'

/** @throws Error with a sentence for people when the file with headers is none */
export function openTracing(parts: TracingParts): Tracing {
  const { settings, instance, clock, metrics } = parts
  const exporter = exporterFor(parts)
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    resource: resourceFromAttributes({
      ...{ 'service.name': 'berth', 'service.version': VERSION, 'service.instance.id': instance },
    }),
    // Of a client's choice are names only, which are not longer.
    spanLimits: { attributeValueLengthLimit: 512 },
    spanProcessors: [
      new BatchSpanProcessor({
        ...{ exporter, maxQueueSize: QUEUED, maxExportBatchSize: BATCH },
        ...{ scheduledDelayMillis: EVERY_MS, exportTimeoutMillis: TIME_LIMIT_MS },
      }),
    ],
  })
  const tracer = provider.getTracer('berth', VERSION)
  const told = new Set(settings.propagateTo.map((host) => host.toLowerCase()))
  const spans: SpanParts = {
    tracer,
    isTold: (host) => told.has(host),
    onEnd: () => metrics.add('berth_trace_spans_total'),
  }
  const open = (span: Span) => (span.isRecording() ? new OtelSpan(spans, span) : undefined)
  // Asked before there is a span: making one that is then thrown away takes longer than many a request.
  const isWanted = () => Math.random() < settings.sample
  turnTracingOn()
  return {
    request: (header) => {
      const parent = header === null ? undefined : parseTraceparent(header)
      if (parent === undefined && !isWanted()) return undefined
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
      return open(tracer.startSpan('request', { kind: SpanKind.SERVER }, context))
    },
    job: (name) => (isWanted() ? open(tracer.startSpan(`job ${name}`, {}, ROOT_CONTEXT)) : undefined),
    close: async () => {
      const ended = new AbortController()
      const flushed = provider.shutdown().catch(() => undefined)
      await Promise.race([flushed, clock.sleep(LAST_MS, ended.signal)])
      ended.abort()
      await exporter.shutdown()
    },
  }
}

function exporterFor({ settings, log, metrics }: TracingParts): EgressExporter {
  const { endpoint, headersFile, insecureHttp } = settings
  const url = new URL(endpoint)
  if (url.pathname === '/') url.pathname = PATH
  const rules = { origin: url, allowPrivate: true, insecureHttp, ca: undefined, resolve: resolveBySystem }
  const times = { ...EGRESS_TIMES, headersMs: TIME_LIMIT_MS, stallMs: TIME_LIMIT_MS, wholeMs: TIME_LIMIT_MS }
  return new EgressExporter({
    url,
    headers: headersFile === undefined ? {} : parseHeaders(readTextFile(headersFile), headersFile),
    egress: createGuardedEgress({ ...rules, kindOf: kindOfAddress }, times),
    log,
    onSent: (count) => metrics.add('berth_trace_spans_sent_total', count),
  })
}
