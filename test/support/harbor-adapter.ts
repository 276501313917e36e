/** One request as the adapter saw it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

export type Reply = (request: SeenRequest) => Response | Promise<Response>

/**
 * A scanner's adapter as the OpenAPI files of Harbor's pluggable scanner specification have it: none of the real ones can
 * be had here. Each of its answers can be replaced by a bad one.
 */
export interface FakeAdapter {
  readonly url: string
  readonly seen: readonly SeenRequest[]
  /** In the place of an answer; undefined: as it must be. */
  metadata: Reply | undefined
  accept: Reply | undefined
  /** One after the other; the last one again and again. */
  reports: readonly Reply[]
  reset(): void
  close(): Promise<void>
}

export const REPORT_11 = 'application/vnd.security.vulnerability.report; version=1.1'
export const REPORT_10 = 'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0'
const OCI = 'application/vnd.oci.image.manifest.v1+json'
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json'

export function json(body: unknown, contentType = 'application/json', code = 200): Response {
  return new Response(JSON.stringify(body), { status: code, headers: { 'content-type': contentType } })
}

/** Not yet: with where Harbor's own adapter says that it would be. */
export function wait(seconds?: number, location = '/elsewhere'): Response {
  const after = seconds === undefined ? undefined : { 'Refresh-After': String(seconds) }
  return new Response(null, { status: 302, headers: { ...after, location } })
}

export function metadataOf(produces: readonly string[], type?: string): unknown {
  return {
    scanner: { name: 'Fake', vendor: 'Nobody', version: '0.1' },
    capabilities: [{ ...(type && { type }), consumes_mime_types: [OCI, DOCKER], produces_mime_types: produces }],
    properties: { 'harbor.scanner-adapter/vulnerability-database-updated-at': '2026-11-01T00:00:00Z' },
  }
}

/** A report as adapters send it, with what Go makes of empty fields. */
export function reportOf(digest: string): unknown {
  return {
    generated_at: '2026-11-21T10:00:00Z',
    artifact: { repository: 'team/shop', digest },
    scanner: { name: 'Fake', vendor: 'Nobody', version: '0.1' },
    severity: 'Critical',
    vulnerabilities: [
      {
        ...{ id: 'CVE-2026-0001', package: 'openssl', version: '3.0.1', fix_version: '3.0.2', severity: 'Critical' },
        ...{ description: 'Bad.', links: ['https://example.com'], layer: null, cwe_ids: null },
        preferred_cvss: { score_v3: 9.8, score_v2: null, vector_v3: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
        vendor_attributes: {},
      },
      { id: 'CVE-2026-0002', package: 'bash', version: '5', fix_version: '', severity: 'Moderately odd' },
    ],
  }
}

export function startHarborAdapter(): FakeAdapter {
  const seen: SeenRequest[] = []
  let reported = 0
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url)
      const one = {
        ...{ method: request.method, path: `${pathname}${search}`, headers: request.headers },
        body: await request.text(),
      }
      seen.push(one)
      return answer(one)
    },
  })
  const answer = (one: SeenRequest): Response | Promise<Response> => {
    if (one.method === 'GET' && one.path === '/adapter/api/v1/metadata')
      return fake.metadata?.(one) ?? json(metadataOf([REPORT_10, REPORT_11], 'vulnerability'))
    if (one.method === 'POST' && one.path === '/adapter/api/v1/scan')
      return fake.accept?.(one) ?? json({ id: 'scan/1 ü' }, 'application/vnd.scanner.adapter.scan.response+json', 202)
    const report = fake.reports[Math.min(reported, fake.reports.length - 1)]
    reported += 1
    if (/^\/adapter\/api\/v1\/scan\/[^/]+\/report$/.test(one.path) && report !== undefined) return report(one)
    return json({ error: { message: 'no such thing' } }, 'application/vnd.scanner.adapter.error+json', 404)
  }
  const fake: FakeAdapter = {
    ...{ url: `http://127.0.0.1:${server.port}/adapter`, seen, metadata: undefined, accept: undefined, reports: [] },
    reset: () => {
      seen.length = 0
      reported = 0
      fake.metadata = undefined
      fake.accept = undefined
      fake.reports = []
    },
    close: () => server.stop(true),
  }
  return fake
}
