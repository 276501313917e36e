import { afterEach, expect, test } from 'bun:test'
import { untilTrue } from '../../test/e2e/support/until.ts'
import { OtlpReceiver } from '../../test/support/otlp-receiver.ts'
import { systemClock } from '../lib/clock.ts'
import type { Log } from '../observability/log.ts'
import { Metrics } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import { openTracing } from './open-tracing.ts'
import { parseTraceparent } from './traceparent.ts'

const silent = () => undefined
const log: Log = { enabled: () => true, debug: silent, info: silent, warn: silent, error: silent }
const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

function open(receiver: OtlpReceiver, sample: number): { tracing: Tracing; metrics: Metrics } {
  const metrics = new Metrics()
  const settings = { endpoint: receiver.url, sample, headersFile: undefined, insecureHttp: false, propagateTo: [] }
  const tracing = openTracing({ settings, instance: 'test', clock: systemClock, log, metrics })
  opened.push(tracing, { close: () => receiver.stop() })
  return { tracing, metrics }
}

test('what waits for a collector is bounded, whatever happens meanwhile', async () => {
  const receiver = new OtlpReceiver()
  const { tracing, metrics } = open(receiver, 1)
  for (let count = 0; count < 20_000; count++) tracing.request(null)?.end()
  expect(metrics.count('berth_trace_spans_total')).toBe(20_000)
  await tracing.close()
  const taken = receiver.spans.length
  expect(taken).toBeGreaterThan(500)
  expect(taken).toBeLessThanOrEqual(4096 + 512)
  await untilTrue('all are counted', () => metrics.count('berth_trace_spans_sent_total') === taken)
})

test('about the part that was asked for is traced', () => {
  const { tracing } = open(new OtlpReceiver(), 0.25)
  const traced = Array.from({ length: 4000 }, () => tracing.request(null)).filter((span) => span !== undefined)
  expect(traced.length).toBeGreaterThan(800)
  expect(traced.length).toBeLessThan(1200)
})

const TRACE = 'a'.repeat(32)
const SPAN = 'b'.repeat(16)

test.each([
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [`00-${TRACE}-${SPAN}-ff`, 1],
  [`cc-${TRACE}-${SPAN}-01-what-comes-later`, 1],
  [`00-${TRACE}-${SPAN}-01-more`, undefined],
  [`ff-${TRACE}-${SPAN}-01`, undefined],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
  [`00-${TRACE}-${SPAN}`, undefined],
  ['', undefined],
])('W3C Trace Context: %s', (header, flags) => {
  expect(parseTraceparent(header)?.traceFlags).toBe(flags as number)
})
