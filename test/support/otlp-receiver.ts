import { type Field, fieldsOf, numberOf, piecesOf, textOf } from './protobuf.ts'

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty: it is the first of its trace. */
  readonly parentId: string
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client'
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  readonly isError: boolean
  readonly resource: Readonly<Record<string, unknown>>
}

/**
 * A fake of a collector: what OTLP over HTTP says of requests (opentelemetry-proto, trace/v1/trace.proto), read without
 * OpenTelemetry's own code. No real collector could be had here.
 */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = []
  readonly bodies: Uint8Array[] = []
  readonly headers: Headers[] = []
  /** 200, or what is wrong with it. */
  status = 200
  /** Takes requests and never answers them. */
  hangs = false
  readonly #server: ReturnType<typeof Bun.serve>

  constructor(port = 0) {
    this.#server = Bun.serve({ port, hostname: '127.0.0.1', fetch: (request) => this.#take(request) })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  get port(): number {
    return this.#server.port ?? 0
  }

  /** Everything that came, as it came. */
  get received(): string {
    const texts = this.bodies.map((body) => Buffer.from(body).toString('latin1'))
    return [...texts, ...this.headers.map((headers) => JSON.stringify(Object.fromEntries(headers)))].join('\n')
  }

  stop(): Promise<void> {
    return this.#server.stop(true)
  }

  async #take(request: Request): Promise<Response> {
    const body = await request.bytes()
    if (this.hangs) await new Promise(() => undefined)
    if (this.status !== 200) return new Response(null, { status: this.status })
    if (request.method !== 'POST' || new URL(request.url).pathname !== '/v1/traces')
      return new Response(null, { status: 404 })
    if (request.headers.get('content-type') !== 'application/x-protobuf') return new Response(null, { status: 415 })
    this.headers.push(request.headers)
    this.bodies.push(body)
    this.spans.push(...spansOf(body))
    return new Response(null, { headers: { 'content-type': 'application/x-protobuf' } })
  }
}

function spansOf(body: Uint8Array): ReceivedSpan[] {
  return piecesOf(fieldsOf(body), 1).flatMap((bytes) => {
    const resourceSpans = fieldsOf(bytes)
    const resource = attributesOf(piecesOf(resourceSpans, 1).flatMap((piece) => piecesOf(fieldsOf(piece), 1)))
    return piecesOf(resourceSpans, 2)
      .flatMap((scope) => piecesOf(fieldsOf(scope), 2))
      .map((span) => spanOf(fieldsOf(span), resource))
  })
}

function spanOf(fields: readonly Field[], resource: ReceivedSpan['resource']): ReceivedSpan {
  const kind = ({ 2: 'server', 3: 'client' } as const)[Number(numberOf(fields, 6))] ?? 'internal'
  const [status] = piecesOf(fields, 15)
  return {
    ...{ traceId: hexOf(fields, 1), spanId: hexOf(fields, 2), parentId: hexOf(fields, 4) },
    ...{ name: textOf(fields, 5), kind, startNs: numberOf(fields, 7), endNs: numberOf(fields, 8), resource },
    attributes: attributesOf(piecesOf(fields, 9)),
    isError: status !== undefined && numberOf(fieldsOf(status), 3) === 2n,
  }
}

function hexOf(fields: readonly Field[], number: number): string {
  return Buffer.from(piecesOf(fields, number)[0] ?? []).toString('hex')
}

function attributesOf(pairs: readonly Uint8Array[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const fields = fieldsOf(pair)
      return [textOf(fields, 1), attributeOf(fieldsOf(piecesOf(fields, 2)[0] ?? new Uint8Array()))]
    }),
  )
}

function attributeOf([field]: readonly Field[]): unknown {
  if (field === undefined) return undefined
  if (field.value instanceof Uint8Array) return new TextDecoder().decode(field.value)
  return field.number === 2 ? field.value === 1n : Number(field.value)
}
