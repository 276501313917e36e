import { z } from 'zod'
import type { Finding, FindingsReport } from '../../inventory/finding.ts'
import { Problem } from '../../lib/problem.ts'
import { type Digest, isDigest } from '../../oci/digest.ts'
import { isRepositoryName } from '../../oci/name.ts'
import { severityOfRank, severityRank, type Severity } from '../../packages/severity.ts'
import { CODES, findMediaType, formatVersioned, HARBOR, isVersion, type Versioned } from './report-media-type.ts'
import { DATABASE_UPDATED } from './harbor-documents.ts'
import { parseJson } from './said.ts'

/** What another registry asks us to look into. */
export interface AdapterScan {
  /** Theirs: where the image is, and what lets us have it. Hostile, like everything of it. */
  readonly registryUrl: string
  readonly authorization: string | undefined
  readonly repository: string
  readonly digest: Digest
  readonly mediaType: string
}

export type SbomFormat = 'application/spdx+json' | 'application/vnd.cyclonedx+json'

export interface AdapterReport {
  readonly scan: Pick<AdapterScan, 'repository' | 'digest' | 'mediaType'>
  /** Findings, or a bill of materials where one was asked for. */
  readonly content: FindingsReport | Uint8Array
  readonly generatedAt: Date
}

/** What does the scanning for others. */
export interface AdapterBackend {
  readonly version: string
  dataUpdatedAt(): Promise<Date | undefined>
  /** Returns at once, with the name of the scan. @throws Problem */
  start(scan: AdapterScan): Promise<string>
  /** Undefined: there is no such scan. @throws Problem when it ended badly */
  report(id: string, sbom: SbomFormat | undefined): Promise<AdapterReport | 'waiting' | undefined>
}

/** A request below `/scanner`: its path begins with `/api/v1/`. Who asks was judged before. */
export interface AdapterCall {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly accept: string | undefined
  /** Of at most `ADAPTER_BODY_BYTES`. */
  readonly body: () => Promise<Uint8Array>
}

export const ADAPTER_BODY_BYTES = 64 * 1024

const WAIT_SECONDS = '5'
const CONSUMES = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json']
const SBOM_FORMATS: readonly SbomFormat[] = ['application/spdx+json', 'application/vnd.cyclonedx+json']
const SCANNER = { name: 'Berth', vendor: 'Berth' }

/** Our own scanner, as Harbor wants scanners: the adapter API, 1.2 (https://github.com/goharbor/pluggable-scanner-spec). */
export async function answerAdapter(backend: AdapterBackend, call: AdapterCall): Promise<Response> {
  try {
    return await route(backend, call)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return failure(error.kind === 'invalid' ? CODES.invalid : CODES.broken, error.message)
  }
}

async function route(backend: AdapterBackend, call: AdapterCall): Promise<Response> {
  const { method, path } = call
  const id = /^\/api\/v1\/scan\/([^/]{1,600})\/report$/.exec(path)?.[1]
  if (path === '/api/v1/metadata') return method === 'GET' ? metadata(backend) : notAllowed('GET')
  if (path === '/api/v1/scan') return method === 'POST' ? startScan(backend, call) : notAllowed('POST')
  if (id === undefined) return failure(CODES.notFound, 'there is nothing here')
  return method === 'GET' ? answerReport(backend, call, id) : notAllowed('GET')
}

async function metadata(backend: AdapterBackend): Promise<Response> {
  const updatedAt = await backend.dataUpdatedAt()
  const body = {
    scanner: { ...SCANNER, version: backend.version },
    capabilities: [
      {
        ...{ type: 'vulnerability', consumes_mime_types: CONSUMES },
        produces_mime_types: [formatVersioned(HARBOR.report10), formatVersioned(HARBOR.report11)],
      },
      {
        ...{ type: 'sbom', consumes_mime_types: CONSUMES, produces_mime_types: [formatVersioned(HARBOR.sbom)] },
        additional_attributes: { sbom_media_types: SBOM_FORMATS },
      },
    ],
    properties: {
      'harbor.scanner-adapter/scanner-type': 'os-package-vulnerability',
      ...(updatedAt && { [DATABASE_UPDATED]: updatedAt.toISOString() }),
    },
  }
  return json(CODES.ok, HARBOR.metadata, body)
}

const scanSchema = z.object({
  registry: z.object({
    url: z.url({ protocol: /^https?$/ }).max(2000),
    authorization: z.string().max(16_384).nullish(),
  }),
  artifact: z.object({
    repository: z.string().max(255).refine(isRepositoryName),
    digest: z.string().max(200).refine(isDigest),
    mime_type: z.string().max(255).nullish(),
  }),
})

async function startScan(backend: AdapterBackend, { body }: AdapterCall): Promise<Response> {
  const value = findJson(await body())
  if (value === undefined) return failure(CODES.badRequest, 'the body is not JSON')
  const parsed = scanSchema.safeParse(value)
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))].slice(0, 5).join(', ')
    return failure(CODES.invalid, `these fields of the scan are missing or wrong: ${fields}`)
  }
  const { registry, artifact } = parsed.data
  const mediaType = artifact.mime_type ?? CONSUMES[0] ?? ''
  if (!CONSUMES.includes(findMediaType(mediaType)?.type ?? ''))
    return failure(CODES.notImplemented, 'only images are scanned, and no other artifacts')
  const { repository, digest } = artifact
  const authorization = registry.authorization ?? undefined
  const id = await backend.start({ registryUrl: registry.url, authorization, repository, digest, mediaType })
  return json(CODES.accepted, HARBOR.response, { id })
}

async function answerReport(
  backend: AdapterBackend,
  { accept, query }: AdapterCall,
  encoded: string,
): Promise<Response> {
  const id = findDecoded(encoded)
  if (id === undefined) return failure(CODES.notFound, 'there is no such scan')
  const kind = wantedKind(accept)
  if (kind === undefined) return failure(CODES.notImplemented, 'there are no reports of the type that was asked for')
  const sbom = kind === HARBOR.sbom ? query.get('sbom_media_type') : undefined
  const format = SBOM_FORMATS.find((each) => each === sbom)
  if (kind === HARBOR.sbom && format === undefined)
    return failure(CODES.badRequest, `say sbom_media_type: ${SBOM_FORMATS.join(' or ')}`)
  const report = await backend.report(id, format)
  if (report === undefined) return failure(CODES.notFound, 'there is no such scan')
  if (report === 'waiting') return waiting()
  return answerContent(backend, report, { kind, format })
}

interface Wanted {
  readonly kind: Versioned
  readonly format: SbomFormat | undefined
}

function answerContent(backend: AdapterBackend, report: AdapterReport, { kind, format }: Wanted): Response {
  const { content, scan, generatedAt } = report
  const { repository, digest, mediaType } = scan
  const head = {
    generated_at: generatedAt.toISOString(),
    artifact: { repository, digest, mime_type: mediaType },
    scanner: { ...SCANNER, version: backend.version },
  }
  if (content instanceof Uint8Array)
    return json(CODES.ok, kind, { ...head, media_type: format, sbom: parseJson(content) })
  const { state, reasons } = content
  if (state === 'waiting') return waiting()
  const why = UNKNOWN[state]
  // No vulnerabilities at all is what Harbor would make of it.
  if (why !== undefined) return failure(CODES.broken, [why, ...reasons].join(': '))
  const findings = content.findings.filter(({ suppressed }) => suppressed === undefined)
  const worst = findings.reduce((rank, { severity }) => Math.max(rank, severityRank(severity)), 0)
  const attributes = { state, reasons, suppressed: content.findings.length - findings.length }
  const body = { ...head, severity: WORDS[severityOfRank(worst)], vulnerabilities: findings.map(toItem) }
  return json(CODES.ok, kind, { ...body, vendor_attributes: attributes })
}

/** States of which no list of findings, and no empty one, may be made. */
const UNKNOWN: Partial<Record<FindingsReport['state'], string>> = {
  failed: 'the image could not be read',
  unsupported: 'nothing in the image is of a kind that is understood',
  'no-data': 'there is no vulnerability data for what the image is made of',
}

const WORDS: Readonly<Record<Severity, string>> = {
  ...{ unknown: 'Unknown', negligible: 'Negligible', low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' },
}

function toItem(finding: Finding) {
  const cvss = finding.ratings.find(({ vector = '' }) => vector.startsWith('CVSS:3.'))
  return {
    ...{ id: finding.vulnerability, package: finding.package, version: finding.version },
    ...{ fix_version: finding.fixedVersion ?? '', severity: WORDS[finding.severity], description: finding.summary },
    links: linksOf(finding),
    ...(cvss && { preferred_cvss: { score_v3: cvss.score ?? null, vector_v3: cvss.vector } }),
    vendor_attributes: { purl: finding.purl, aliases: finding.aliases, advisory: finding.advisory },
  }
}

function linksOf({ advisory, vulnerability }: Finding): string[] {
  return [...new Set([vulnerability, advisory])].map((id) => `https://osv.dev/vulnerability/${encodeURIComponent(id)}`)
}

/** The first of those that are asked for; without any, the newest. */
function wantedKind(accept: string | undefined): Versioned | undefined {
  const texts = (accept ?? '*/*').slice(0, 2000).split(',')
  for (const text of texts) {
    const found = [HARBOR.report11, HARBOR.report10, HARBOR.sbom].find((kind) => isVersion(text, kind))
    if (found !== undefined) return found
    if (['*/*', 'application/json', 'application/*'].includes(findMediaType(text)?.type ?? '')) return HARBOR.report11
  }
  return undefined
}

function findJson(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes)
  } catch {
    return undefined
  }
}

function findDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function waiting(): Response {
  return new Response(null, { status: CODES.wait, headers: { 'refresh-after': WAIT_SECONDS } })
}

function notAllowed(allow: string): Response {
  return new Response(null, { status: CODES.notAllowed, headers: { allow } })
}

function failure(code: number, message: string): Response {
  return json(code, HARBOR.error, { error: { message } })
}

function json(code: number, kind: Versioned, body: unknown): Response {
  return new Response(JSON.stringify(body), { status: code, headers: { 'content-type': formatVersioned(kind) } })
}
