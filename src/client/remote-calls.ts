import type { Clock } from '../lib/clock.ts'
import { stepsBefore } from '../lib/via.ts'
import { OCI_ERRORS } from '../oci/errors.ts'
import { RemoteError } from '../registry/image-source.ts'
import { type SentStream, SourceFailed } from './guarded-body.ts'
import { FutileRequest } from './guarded-connection.ts'
import type { Answer, GuardedEgress, GuardedRequest } from './guarded-egress.ts'
import { type Leave, NoPlace, Places } from './places.ts'
import { errorCodeIn, type RegistryError, registryErrorIn } from './remote-absence.ts'
import type { RemotePace } from './remote-pace.ts'
import { type Credentials, RemoteTokens } from './remote-tokens.ts'

export interface Call {
  readonly method: GuardedRequest['method']
  /** Below the registry's own address: `/v2/…`; or whole, for an upload's Location. */
  readonly path: string | URL
  readonly scopes: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** Made again for each try. */
  readonly body?: () => Promise<SentStream | Uint8Array>
  /** The answers that mean something to the caller; all others are thrown. */
  readonly expects: readonly number[]
  /** Its body may take minutes. */
  readonly isBig?: boolean
  /** Waits for its turn as long as it takes. */
  readonly isPatient?: boolean
  /** Whether it does no harm to send it twice. Reads may always be. */
  readonly mayRepeat?: boolean
  readonly signal?: AbortSignal | undefined
}

interface CallOptions {
  readonly base: URL
  readonly egress: GuardedEgress
  readonly pace: RemotePace
  readonly maxConcurrent: number
  readonly credentials: Credentials | undefined
  readonly bearer?: string | undefined
  readonly trustedHosts: readonly string[]
  readonly clock: Clock
  /** Between 0 and 1. */
  readonly random: () => number
  /** How long a request that is not patient waits for its turn. */
  readonly queueMs: number
}

/** Without content where the status is another than 200; then with the code of its error, if it has one. */
export type WholeAnswer =
  | { readonly answer: Answer; readonly content: Uint8Array<ArrayBuffer> }
  | { readonly answer: Answer; readonly content: undefined; readonly code: string | undefined }

const MOST_TRIES = 3
const FIRST_DELAY_MS = 200
/** A `Retry-After` that is waited for here; whoever asked hears of longer ones, as their patience may be 3 s. */
const SHORT_WAIT_MS = 1_000
/** Retries that are free at first, and what each request earns: one in ten may be repeated in the long run. */
const RETRY_BUDGET = 10
const RETRY_EARNED = 0.1

interface AboutStatus {
  readonly retryAfterMs?: number | undefined
  readonly said?: string | undefined
}

/** An answer that is no use to whoever asked. */
export class UnexpectedStatus extends RemoteError {
  readonly status: number

  constructor(status: number, message: string, about: AboutStatus = {}) {
    super(kindOf(status), message, about)
    this.status = status
  }
}

function kindOf(status: number) {
  if (status === 401 || status === 403) return 'refused'
  if (status === 429) return 'rate-limited'
  return status >= 500 ? 'failed' : 'invalid'
}

/** Requests to one registry: signed in, in turn, repeated where that is harmless and may help. */
export class RemoteCalls {
  readonly base: URL
  readonly #options: CallOptions
  /** By how many registries a request came through: whoever waits for us must not fill the places that he waits for. */
  readonly #places: Places[] = []
  readonly #tokens: RemoteTokens
  #retries = RETRY_BUDGET

  constructor(options: CallOptions) {
    const { base, credentials, bearer, trustedHosts, clock } = options
    this.base = base
    this.#options = options
    this.#tokens = new RemoteTokens({
      origin: base,
      credentials,
      bearer,
      trustedHosts,
      clock,
      ask: (request) => this.#askToken(request),
    })
  }

  /** For people: `registry.example`. */
  get label(): string {
    return this.base.host
  }

  /** @throws RemoteError; the signal's reason */
  async call(call: Call): Promise<Answer> {
    const mayRepeat = call.mayRepeat ?? (call.method === 'GET' || call.method === 'HEAD')
    return this.#repeatedly(mayRepeat, call.signal, () => this.#authorized(call))
  }

  /** A read with its whole body, which is repeated too when that breaks. */
  async read(call: Call, maxBytes: number): Promise<WholeAnswer> {
    return this.#repeatedly(true, call.signal, async () => {
      const answer = await this.#authorized(call)
      if (answer.status === 200) return { answer, content: await answer.bytes(maxBytes) }
      return { answer, content: undefined, code: await errorCodeIn(answer) }
    })
  }

  /**
   * What a 404 that no registry sent is: one of a load balancer whose backend is gone says nothing of what is there,
   * and must not take tags away, nor give a name to the next upstream.
   */
  notLikeRegistry(answer: Answer): RemoteError {
    const message = `${answer.url.host} answered ${answer.status} and not like a registry`
    const error = new FutileRequest('invalid', message)
    this.#options.pace.failed(error)
    return error
  }

  async #repeatedly<T>(mayRepeat: boolean, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    this.#retries = Math.min(RETRY_BUDGET, this.#retries + RETRY_EARNED)
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        const delayMs = mayRepeat && tries < MOST_TRIES && !signal?.aborted ? this.#delayMs(error, tries) : undefined
        if (delayMs === undefined || this.#retries < 1) throw error
        this.#retries--
        await this.#pauseAfter(error, delayMs, signal)
      }
    }
  }

  /** Who has no time left hears what it was waited for. */
  async #pauseAfter(error: unknown, ms: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#options.clock.sleep(ms, signal)
    if (signal?.aborted === true) throw isDeadline(signal) ? error : signal.reason
  }

  /** Undefined: asking again would not help. */
  #delayMs(error: unknown, tries: number): number | undefined {
    if (!(error instanceof RemoteError) || error instanceof FutileRequest) return undefined
    if (error.retryAfterMs !== undefined)
      return error instanceof UnexpectedStatus && error.retryAfterMs <= SHORT_WAIT_MS ? error.retryAfterMs : undefined
    const isPassing =
      error.kind === 'unreachable' || (error instanceof UnexpectedStatus && [502, 503, 504].includes(error.status))
    if (!isPassing || this.#options.pace.health().pausedUntil !== undefined) return undefined
    const most = FIRST_DELAY_MS * 2 ** (tries - 1)
    return most / 2 + (most / 2) * this.#options.random()
  }

  async #authorized(call: Call): Promise<Answer> {
    const used = await abortable(this.#tokens.authorization(call.scopes), call.signal)
    const first = await this.#send(call, used)
    if (first.status !== 401) return this.#judged(first, call)
    this.#options.pace.succeeded()
    await first.discard()
    if (first.url.origin !== this.base.origin)
      throw new UnexpectedStatus(401, `${this.label} sends us to an address that does not let us in`)
    const another = await abortable(this.#tokens.afterChallenge(first, call.scopes, used), call.signal)
    return this.#judged(await this.#send(call, another), call)
  }

  async #send(call: Call, authorization: string | undefined): Promise<Answer> {
    const { method, headers, body, signal } = call
    const url = typeof call.path === 'string' ? new URL(`${this.base.href.replace(/\/$/, '')}${call.path}`) : call.path
    // Whoever calls has checked a Location; this is the second lock on the password.
    if (url.origin !== this.base.origin) throw new FutileRequest('invalid', `${this.label} sends us to another host`)
    const answer = await this.#paced(call, {
      method,
      url,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      body: await body?.(),
      mayBePrivate: true,
      signal,
    })
    this.#tokens.noteAnswer(authorization, answer.status)
    return answer
  }

  /** @throws the signal's reason */
  async pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#options.clock.sleep(ms, signal)
    signal?.throwIfAborted()
  }

  /** Undefined: it saw no password of ours yet. */
  get signedIn(): boolean | undefined {
    return this.#tokens.signedIn
  }

  /** The place is kept until the body has been read. */
  async #paced(call: Call, request: GuardedRequest): Promise<Answer> {
    const { egress } = this.#options
    const leave = await this.#enter(call, request)
    try {
      const answer = await egress(request)
      answer.onEnd((problem) => {
        leave()
        if (problem !== undefined) this.#noteFailure(problem, request.signal)
      })
      return answer
    } catch (error) {
      leave()
      await close(request)
      // It is not this registry that broke.
      if (error instanceof SourceFailed) throw error.cause
      if (error instanceof Error) this.#noteFailure(error, request.signal)
      throw error
    }
  }

  /** Who goes away says nothing of the other side, but who waited in vain for as long as they could. */
  #noteFailure(error: Error, signal: AbortSignal | undefined): void {
    const { pace } = this.#options
    if (signal?.aborted !== true) pace.failed(error)
    else if (isDeadline(signal)) pace.failed(new RemoteError('timeout', `${this.label} does not answer in time`))
  }

  #placesNow(): Places {
    const steps = stepsBefore()
    const places = this.#places[steps] ?? new Places(this.#options.maxConcurrent)
    this.#places[steps] = places
    return places
  }

  async #enter({ isBig = false, isPatient = false, signal }: Call, request: GuardedRequest): Promise<Leave> {
    let leave: Leave | undefined
    try {
      const mostMs = isPatient ? undefined : this.#options.queueMs
      leave = await this.#placesNow().take({ isBig, signal, mostMs })
      this.#options.pace.begin()
      return leave
    } catch (error) {
      leave?.()
      await close(request)
      if (error instanceof NoPlace)
        throw new RemoteError('timeout', `${this.label} is busy: ${error.taken} downloads from it are under way`)
      throw error
    }
  }

  async #askToken(request: GuardedRequest): Promise<Answer> {
    const { egress, pace } = this.#options
    return this.#repeatedly(true, undefined, async () => {
      try {
        const answer = await egress(request)
        if (answer.status === 429 || answer.status >= 500) throw await this.#unexpected(answer)
        return answer
      } catch (error) {
        if (error instanceof Error) pace.failed(error)
        throw error
      }
    })
  }

  async #judged(answer: Answer, { expects, isBig = false }: Call): Promise<Answer> {
    const { pace } = this.#options
    pace.noteBudget(answer.header)
    const { status } = answer
    const isUnwell = status === 429 || status >= 500
    // What is small has to come whole: a registry that only begins to answer is not well.
    if (!isUnwell && isBig) pace.succeeded()
    if (!isUnwell && !isBig) answer.onEnd((problem) => problem === undefined && pace.succeeded())
    if (expects.includes(status)) return answer
    const error = await this.#unexpected(answer, isUnwell ? undefined : await registryErrorIn(answer))
    if (isUnwell) pace.failed(error)
    throw error
  }

  async #unexpected(answer: Answer, error?: RegistryError): Promise<UnexpectedStatus> {
    const { status } = answer
    await answer.discard()
    const retryAfterMs = retryAfter(answer.header('retry-after'), this.#options.clock.now())
    const message = `${answer.url.host} ${sentenceFor(status)}${codeOf(error)}`
    return new UnexpectedStatus(status, message, { retryAfterMs, said: error?.said })
  }
}

/** Of `AbortSignal.timeout`: nobody went away. */
function isDeadline({ reason }: AbortSignal): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

/** What was to be sent is not read any more. */
async function close({ body }: GuardedRequest): Promise<void> {
  if (body === undefined || body instanceof Uint8Array || body.stream.locked) return
  await body.stream.cancel().catch(() => undefined)
}

function sentenceFor(status: number): string {
  if (status === 429) return 'has had enough requests of ours (status 429)'
  if (status === 401) return 'does not let us in (status 401)'
  return status === 403 ? 'does not allow it (status 403)' : `answered with status ${status}`
}

/** Only codes of the specification, so nothing that the other side could have made up. */
function codeOf({ code }: Partial<RegistryError> = {}): string {
  return code !== undefined && Object.hasOwn(OCI_ERRORS, code) ? ` (${code})` : ''
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function retryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const ms = Date.parse(header) - now.getTime()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

/** What several wait for goes on when one of them gives up. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  signal.throwIfAborted()
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}
