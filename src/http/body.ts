import { OciError } from '../oci/errors.ts'

/** A body may pause, but not for ever: reliability of everyone else depends on slots being freed. */
export interface BodyLimits {
  readonly firstByteMs: number
  readonly idleMs: number
  /** Average over a window of `idleMs`. */
  readonly minBytesPerSecond: number
}

export const BODY_LIMITS: BodyLimits = { firstByteMs: 30_000, idleMs: 60_000, minBytesPerSecond: 1024 }

/**
 * The bytes of a request as they come. Slow is fine, stalled is not.
 * @throws OciError BLOB_UPLOAD_INVALID with status 408 when the client stalls
 */
export async function* readBody(
  request: Request,
  limits: BodyLimits = BODY_LIMITS,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  if (request.body === null) return
  const reader = request.body.getReader()
  const guard = new StallGuard(limits, () => void reader.cancel().catch(() => undefined))
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (guard.stalled) throw stalled()
      if (done) return
      guard.received(value.byteLength)
      onBytes?.(value.byteLength)
      yield value
    }
  } finally {
    guard.stop()
    reader.releaseLock()
  }
}

class StallGuard {
  stalled = false
  readonly #timer: ReturnType<typeof setInterval>
  readonly #limits: BodyLimits
  readonly #onStall: () => void
  #windowStart = performance.now()
  #windowBytes = 0
  #any = false

  constructor(limits: BodyLimits, onStall: () => void) {
    this.#limits = limits
    this.#onStall = onStall
    this.#timer = setInterval(() => this.#check(), Math.min(limits.firstByteMs, limits.idleMs) / 10)
  }

  received(bytes: number): void {
    this.#windowBytes += bytes
    this.#any = true
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    const { firstByteMs, idleMs, minBytesPerSecond } = this.#limits
    const elapsedMs = performance.now() - this.#windowStart
    if (elapsedMs < (this.#any ? idleMs : firstByteMs)) return
    if (this.#windowBytes < (minBytesPerSecond * elapsedMs) / 1000) {
      this.stalled = true
      this.stop()
      this.#onStall()
    }
    this.#windowStart = performance.now()
    this.#windowBytes = 0
  }
}

function stalled(): OciError {
  return new OciError('BLOB_UPLOAD_INVALID', {
    status: 408,
    message: 'the request stopped sending; ask for the upload’s offset and go on from there',
  })
}

interface BodyCall {
  readonly request: Request
  received(bytes: number): void
}

export interface SmallBody {
  readonly maxBytes: number
  /** What to refuse a larger one with. */
  readonly tooLarge: () => OciError
}

/** A whole small body. Reads at most one piece more than the limit. */
export async function readSmallBody(
  call: BodyCall,
  { maxBytes, tooLarge }: SmallBody,
): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(call.request.headers.get('content-length') ?? '0') > maxBytes) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of readBody(call.request, BODY_LIMITS, (bytes) => call.received(bytes))) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

/** Content-Length as a number, or undefined when the length is not known in advance. */
export function declaredLength(request: Request): number | undefined {
  const header = request.headers.get('content-length')
  return header === null ? undefined : Number(header)
}
