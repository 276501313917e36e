import type { z } from 'zod'
import type { Answer, GuardedEgress, GuardedRequest } from '../../client/guarded-egress.ts'
import type { Clock } from '../../lib/clock.ts'
import { Problem } from '../../lib/problem.ts'
import {
  type ExternalScanner,
  MAX_REPORT_BYTES,
  type ScannerCapability,
  type ScannerDescription,
  type ScanResult,
  type ScanTarget,
} from './external-scanner.ts'
import {
  acceptedSchema,
  type AdapterMetadata,
  dataUpdatedAt,
  errorSchema,
  findingsOf,
  metadataSchema,
  reportSchema,
} from './harbor-documents.ts'
import { CODES, findMediaType, formatVersioned, HARBOR, isVersion, type Versioned } from './report-media-type.ts'
import { parseJson, plain, quote, secretsOf } from './said.ts'

export interface HarborOptions {
  /** By which it is known here: findings say so. */
  readonly name: string
  /** Where the adapter's API is, without `/api/v1`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** What must not be shown. */
  readonly secrets: readonly string[]
  readonly egress: GuardedEgress
  readonly clock: Clock
  /** For a scan, from its request to its report. */
  readonly timeoutMs: number
}

const SMALL_BYTES = 1024 * 1024
const FIRST_WAIT_MS = 2000
const MIN_WAIT_MS = 1000
const MAX_WAIT_MS = 60_000

/**
 * A scanner behind Harbor's adapter API, 1.0 to 1.2 (https://github.com/goharbor/pluggable-scanner-spec). No redirect of
 * it is followed: 302 is how it says that there is no report yet, and whatever `Location` says with it is not asked.
 */
export function createHarborScanner(options: HarborOptions): ExternalScanner {
  const adapter = new HarborAdapter(options)
  return {
    describe: async (signal) => describe(await adapter.metadata(signal)),
    scan: (target, signal) => adapter.scan(target, signal),
  }
}

function describe(metadata: AdapterMetadata): ScannerDescription {
  const { scanner } = metadata
  const updatedAt = dataUpdatedAt(metadata)
  return {
    ...{ name: said(scanner?.name), vendor: said(scanner?.vendor), version: said(scanner?.version) },
    capabilities: metadata.capabilities.flatMap(capabilityOf),
    ...(updatedAt && { dataUpdatedAt: updatedAt }),
  }
}

function said(text: string | null | undefined): string {
  return plain(text ?? '', 200)
}

/** Until 1.2 there was one type, and nobody named it. */
function capabilityOf(each: AdapterMetadata['capabilities'][number]): ScannerCapability[] {
  const type = each.type ?? 'vulnerability'
  if (type !== 'vulnerability' && type !== 'sbom') return []
  return [{ type, consumes: each.consumes_mime_types ?? [], produces: each.produces_mime_types ?? [] }]
}

class HarborAdapter {
  readonly #options: HarborOptions
  readonly #host: string

  constructor(options: HarborOptions) {
    this.#options = options
    this.#host = new URL(options.url).host
  }

  async metadata(signal: AbortSignal): Promise<AdapterMetadata> {
    const accept = `${formatVersioned(HARBOR.metadata)}, ${HARBOR.metadata.type}; version=1.0`
    const answer = await this.#ask({ method: 'GET', path: 'metadata', headers: { accept }, signal })
    return this.#parse(metadataSchema, await this.#body(answer, SMALL_BYTES, []), 'its metadata')
  }

  async scan(target: ScanTarget, outer: AbortSignal): Promise<ScanResult> {
    const { clock, timeoutMs, name } = this.#options
    const ends = clock.now().getTime() + timeoutMs
    const signal = AbortSignal.any([outer, AbortSignal.timeout(timeoutMs)])
    try {
      const metadata = await this.metadata(signal)
      const kind = reportKind(metadata, target.mediaType, this.#host)
      const id = await this.#request(metadata, target, signal)
      const raw = await this.#report({ id, kind, target, ends }, signal)
      const report = this.#parse(reportSchema, raw, 'its report')
      const about = report.artifact?.digest
      if (about && about !== target.digest) throw this.#problem('sent a report of another image')
      const updatedAt = dataUpdatedAt(metadata)
      return {
        report: {
          ...{ state: 'complete', reasons: [], findings: findingsOf(report, name) },
          ...(updatedAt && { dataUpdatedAt: updatedAt }),
        },
        raw,
      }
    } catch (error) {
      outer.throwIfAborted()
      if (signal.aborted) throw this.#tooLate()
      throw error
    }
  }

  async #request(metadata: AdapterMetadata, target: ScanTarget, signal: AbortSignal): Promise<string> {
    const { registryUrl: url, authorization, repository, digest, tag, mediaType } = target
    // What an adapter of 1.0 does not know it may refuse.
    const isTyped = metadata.capabilities.some(({ type }) => typeof type === 'string')
    const body = {
      registry: { url, authorization },
      artifact: { repository, digest, ...(tag === undefined ? {} : { tag }), mime_type: mediaType },
      ...(isTyped ? { enabled_capabilities: [{ type: 'vulnerability' }] } : {}),
    }
    const answer = await this.#ask({
      ...{ method: 'POST', path: 'scan', signal, body: Buffer.from(JSON.stringify(body)) },
      headers: {
        'content-type': formatVersioned(isTyped ? HARBOR.request11 : HARBOR.request10),
        accept: formatVersioned(HARBOR.response),
      },
    })
    const bytes = await this.#body(answer, SMALL_BYTES, secretsOf(authorization))
    const { id } = this.#parse(acceptedSchema, bytes, 'the scan’s id')
    // What a path takes for the folder above is not encoded by anybody.
    if (id === '.' || id === '..') throw this.#problem('named a scan as no scan can be named')
    return id
  }

  async #report({ id, kind, target, ends }: Wanted, signal: AbortSignal): Promise<Uint8Array> {
    const { clock } = this.#options
    let waitMs = FIRST_WAIT_MS
    while (clock.now().getTime() + waitMs < ends) {
      await clock.sleep(waitMs, signal)
      signal.throwIfAborted()
      const path = `scan/${encodeURIComponent(id)}/report`
      const answer = await this.#ask({ method: 'GET', path, headers: { accept: formatVersioned(kind) }, signal })
      if (answer.status !== CODES.wait) {
        const bytes = await this.#body(answer, MAX_REPORT_BYTES, secretsOf(target.authorization))
        if (isReport(answer.header('content-type'), kind)) return bytes
        throw this.#problem('sent a report of a type that was not asked for')
      }
      waitMs = waitOf(answer.header('refresh-after'), waitMs)
      await answer.discard()
    }
    throw this.#tooLate()
  }

  async #ask({ method, path, headers, body, signal }: Asked): Promise<Answer> {
    const { egress, url } = this.#options
    return egress({
      ...{ method, url: new URL(`${url}/api/v1/${path}`), headers: { ...this.#options.headers, ...headers } },
      ...{ body, signal, mayBePrivate: true, followsRedirects: false },
    })
  }

  /** @throws RemoteError, Problem unless it is an answer that says yes */
  async #body(answer: Answer, maxBytes: number, secrets: readonly string[]): Promise<Uint8Array> {
    if (answer.status === CODES.ok || answer.status === CODES.accepted) return answer.bytes(maxBytes)
    const bytes = await answer.bytes(SMALL_BYTES)
    const why = messageOf(bytes, [...secrets, ...this.#options.secrets])
    throw this.#problem(`answered with status ${answer.status}${why === '' ? '' : `: ${why}`}`)
  }

  #parse<T extends z.ZodType>(schema: T, bytes: Uint8Array, what: string): z.infer<T> {
    try {
      const parsed = schema.safeParse(parseJson(bytes))
      if (parsed.success) return parsed.data
    } catch {
      // No JSON, or none that can be read.
    }
    throw this.#problem(`sent something else than ${what}`)
  }

  #problem(what: string): Problem {
    return new Problem('conflict', `the scanner at ${this.#host} ${what}`)
  }

  #tooLate(): Problem {
    return this.#problem(`had no report after ${Math.round(this.#options.timeoutMs / 1000)} s`)
  }
}

interface Asked extends Pick<GuardedRequest, 'headers' | 'body' | 'signal'> {
  readonly method: 'GET' | 'POST'
  readonly path: string
}

interface Wanted {
  readonly id: string
  readonly kind: Versioned
  readonly target: ScanTarget
  readonly ends: number
}

/** @throws Problem when it cannot say anything of such an image */
function reportKind(metadata: AdapterMetadata, mediaType: string, host: string): Versioned {
  const takes = metadata.capabilities
    .flatMap(capabilityOf)
    .filter(({ type, consumes }) => type === 'vulnerability' && consumes.some((text) => isSameType(text, mediaType)))
  const produces = takes.flatMap((each) => each.produces)
  const found = [HARBOR.report11, HARBOR.report10].find((kind) => produces.some((text) => isVersion(text, kind)))
  if (found !== undefined) return found
  throw new Problem('conflict', `the scanner at ${host} does not look for vulnerabilities in ${mediaType}`)
}

function isSameType(text: string, mediaType: string): boolean {
  return findMediaType(text)?.type === findMediaType(mediaType)?.type
}

/** Some say plain JSON. */
function isReport(contentType: string | undefined, kind: Versioned): boolean {
  const type = findMediaType(contentType ?? '')?.type
  return type === 'application/json' || type === kind.type
}

/** In seconds; without it, longer each time. */
function waitOf(refreshAfter: string | undefined, before: number): number {
  const seconds = /^\d{1,9}$/.test(refreshAfter?.trim() ?? '') ? Number(refreshAfter) : undefined
  return Math.min(Math.max(seconds === undefined ? before * 1.5 : seconds * 1000, MIN_WAIT_MS), MAX_WAIT_MS)
}

function messageOf(bytes: Uint8Array, secrets: readonly string[]): string {
  try {
    return quote(errorSchema.parse(parseJson(bytes)).error.message, secrets)
  } catch {
    return ''
  }
}
