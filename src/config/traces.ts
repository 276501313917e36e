import { z } from 'zod'
import { flag, ratio, texts } from './values.ts'

/** OpenTelemetry (docs/observability.md). */
export const tracesSchema = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'Collector of OpenTelemetry traces, by OTLP over HTTP: https://HOST:4318, to which /v1/traces is added, or the whole address. Without it there are none.',
      ),
    sample: ratio
      .default(1)
      .describe('Part of the requests and jobs that are traced, 0 to 1. A caller that decided already is followed.'),
    headersFile: z
      .string()
      .min(1)
      .optional()
      .describe('File with headers for the collector, one "Name: value" in a line: a token, for example.'),
    insecureHttp: flag
      .default(false)
      .describe('Allows plain HTTP to a collector on another machine: whoever is between can read the headers.'),
    propagateTo: texts
      .default([])
      .describe('Hosts that are told of a trace (traceparent) when they are asked for something; none unless named.'),
  })
  .prefault({})
  .describe('Traces by OpenTelemetry.')
