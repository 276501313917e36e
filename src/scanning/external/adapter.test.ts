import { afterEach, describe, expect, it } from 'bun:test'
import { digestOf, findingOf, sampleInventory } from '../../../test/support/inventories.ts'
import { REPORT_10, REPORT_11 } from '../../../test/support/harbor-adapter.ts'
import { createGuardedEgress, EGRESS_TIMES } from '../../client/guarded-egress.ts'
import { kindOfAddress } from '../../client/address-kind.ts'
import type { FindingsReport } from '../../inventory/finding.ts'
import { writeSpdx } from '../../inventory/sbom/write-spdx.ts'
import { Problem } from '../../lib/problem.ts'
import { type AdapterBackend, type AdapterScan, answerAdapter, type SbomFormat } from './adapter.ts'
import { createHarborScanner } from './harbor-scanner.ts'

const DIGEST = digestOf(1)
const MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const SBOM = 'application/vnd.security.sbom.report+json; version=1.0'
const SCAN = {
  registry: { url: 'https://registry.example', authorization: 'Basic eDp5' },
  artifact: { repository: 'team/shop', digest: DIGEST, tag: 'v1', mime_type: MEDIA_TYPE },
}

const judged = findingOf({
  ...{ vulnerability: 'CVE-2026-0009', severity: 'critical' },
  suppressed: { by: 'exception', reason: 'x', author: 'y' },
})
const GOOD: FindingsReport = { state: 'complete', reasons: [], packages: 5, findings: [findingOf(), judged] }

/** Keeps scans in memory; its reports are the test's. */
class MemoryBackend implements AdapterBackend {
  readonly version = '9.9.9'
  readonly scans = new Map<string, AdapterScan>()
  readonly wanted: (SbomFormat | undefined)[] = []
  content: FindingsReport | Uint8Array = GOOD
  waits = 0
  problem: Problem | undefined

  async dataUpdatedAt(): Promise<Date> {
    return new Date('2026-11-20T00:00:00Z')
  }

  async start(scan: AdapterScan): Promise<string> {
    const id = `scan/${this.scans.size}`
    this.scans.set(id, scan)
    return id
  }

  async report(id: string, sbom: SbomFormat | undefined) {
    const scan = this.scans.get(id)
    this.wanted.push(sbom)
    if (this.problem !== undefined) throw this.problem
    if (scan === undefined) return undefined
    if (this.waits-- > 0) return 'waiting' as const
    return { scan, content: this.content, generatedAt: new Date('2026-11-21T00:00:00Z') }
  }
}

interface Asked {
  readonly accept?: string
  readonly body?: string
}

async function ask(backend: AdapterBackend, line: string, { accept, body = '' }: Asked = {}) {
  const [method = '', target = ''] = line.split(' ')
  const url = new URL(target, 'http://scanner.test')
  const response = await answerAdapter(backend, {
    ...{ method, path: url.pathname, query: url.searchParams, accept, body: async () => Buffer.from(body) },
  })
  const text = await response.text()
  const type = response.headers.get('content-type')
  return { code: response.status, type, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

const start = (backend: AdapterBackend, body: unknown = SCAN) =>
  ask(backend, 'POST /api/v1/scan', { body: typeof body === 'string' ? body : JSON.stringify(body) })
const REPORT = 'GET /api/v1/scan/scan%2F0/report'

describe('our scanner as an adapter', () => {
  it('says what it can', async () => {
    const { code, type, body } = await ask(new MemoryBackend(), 'GET /api/v1/metadata')
    expect([code, type]).toEqual([200, 'application/vnd.scanner.adapter.metadata+json; version=1.1'])
    expect(body.scanner).toEqual({ name: 'Berth', vendor: 'Berth', version: '9.9.9' })
    expect(body.capabilities.map((each: { type: string }) => each.type)).toEqual(['vulnerability', 'sbom'])
    expect(body.properties['harbor.scanner-adapter/vulnerability-database-updated-at']).toBe('2026-11-20T00:00:00.000Z')
  })

  it('takes a scan, says that it is at it, and reports', async () => {
    const backend = new MemoryBackend()
    backend.waits = 1
    expect(await start(backend)).toMatchObject({ code: 202, body: { id: 'scan/0' } })
    expect(backend.scans.get('scan/0')).toEqual({
      ...{ registryUrl: 'https://registry.example', authorization: 'Basic eDp5' },
      ...{ repository: 'team/shop', digest: DIGEST, mediaType: MEDIA_TYPE },
    } as AdapterScan)
    const waiting = await ask(backend, REPORT, { accept: REPORT_11 })
    expect([waiting.code, waiting.headers.get('refresh-after')]).toEqual([302, '5'])
    const { code, type, body } = await ask(backend, REPORT, { accept: REPORT_11 })
    expect([code, type]).toEqual([200, REPORT_11])
    expect(body).toMatchObject({
      ...{ generated_at: '2026-11-21T00:00:00.000Z', severity: 'High' },
      artifact: { repository: 'team/shop', digest: DIGEST, mime_type: MEDIA_TYPE },
    })
    expect(body.vulnerabilities).toEqual([
      expect.objectContaining({
        ...{ id: 'CVE-2026-0001', package: '@scope/left', version: '1.0.0', fix_version: '1.0.1', severity: 'High' },
        preferred_cvss: { score_v3: 7.5, vector_v3: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' },
      }),
    ])
    expect((await ask(backend, REPORT, { accept: REPORT_10 })).type).toBe(REPORT_10)
    expect((await ask(backend, REPORT)).type).toBe(REPORT_11)
  })

  it('gives bills of materials in the format that is asked for', async () => {
    const backend = new MemoryBackend()
    await start(backend)
    backend.content = writeSpdx(sampleInventory(), { repository: 'team/shop', toolVersion: '1' })
    const format = 'application/spdx+json'
    const line = `${REPORT}?sbom_media_type=${encodeURIComponent(format)}`
    const { code, body } = await ask(backend, line, { accept: SBOM })
    expect([code, body.media_type, body.sbom.spdxVersion]).toEqual([200, format, 'SPDX-2.3'])
    expect(backend.wanted).toEqual([format])
    expect((await ask(backend, REPORT, { accept: SBOM })).code).toBe(400)
    expect((await ask(backend, `${REPORT}?sbom_media_type=x`, { accept: SBOM })).code).toBe(400)
  })

  it.each(['unsupported', 'no-data', 'failed'] as const)(
    'never says "no vulnerabilities" when it is %s',
    async (state) => {
      const backend = new MemoryBackend()
      await start(backend)
      backend.content = { ...GOOD, state, reasons: ['so it is'], findings: [] }
      const { code, body } = await ask(backend, REPORT)
      expect(code).toBe(500)
      expect(body.error.message).toEndWith(': so it is')
      backend.content = { ...GOOD, state: 'waiting' }
      expect((await ask(backend, REPORT)).code).toBe(302)
      backend.content = { ...GOOD, state: 'partial', reasons: ['too deep'] }
      expect((await ask(backend, REPORT)).body.vendor_attributes).toMatchObject({
        state: 'partial',
        reasons: ['too deep'],
      })
    },
  )

  it('answers bad requests as the specification has it', async () => {
    const backend = new MemoryBackend()
    const wrong = (change: object) => ({ ...SCAN, artifact: { ...SCAN.artifact, ...change } })
    expect((await start(backend, 'no JSON')).code).toBe(400)
    for (const body of ['7', '[]', '{}', { ...SCAN, registry: { url: 'file:///etc/passwd' } }])
      expect((await start(backend, body)).code).toBe(422)
    for (const change of [{ digest: 'sha256:x' }, { repository: '../x' }, { repository: 'A' }, { digest: undefined }])
      expect((await start(backend, wrong(change))).code).toBe(422)
    expect((await start(backend, wrong({ mime_type: 'application/vnd.cncf.helm' }))).code).toBe(501)
    expect(backend.scans.size).toBe(0)
    expect((await ask(backend, REPORT)).code).toBe(404)
    expect((await ask(backend, REPORT, { accept: 'image/png' })).code).toBe(501)
    for (const line of ['GET /', 'GET /api/v1/scan/%ff/report', 'GET /api/v1/scan/a/b/report', 'GET /api/v2/metadata'])
      expect((await ask(backend, line)).code).toBe(404)
    expect((await ask(backend, 'DELETE /api/v1/scan')).code).toBe(405)
  })

  it('says why a scan ended badly', async () => {
    const backend = new MemoryBackend()
    backend.problem = new Problem('conflict', 'the image is not there any more')
    expect(await ask(backend, REPORT)).toMatchObject({
      code: 500,
      body: { error: { message: backend.problem.message } },
    })
  })
})

describe('our adapter, asked by our own client of adapters', () => {
  const servers: { stop(now: boolean): Promise<void> }[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop(true)
  })

  it('is understood', async () => {
    const backend = new MemoryBackend()
    backend.waits = 2
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => {
        const { pathname: path, searchParams: query } = new URL(request.url)
        const accept = request.headers.get('accept') ?? undefined
        return answerAdapter(backend, { method: request.method, path, query, accept, body: () => request.bytes() })
      },
    })
    servers.push(server)
    const url = `http://127.0.0.1:${server.port}`
    const rules = { origin: new URL(url), allowPrivate: true, insecureHttp: true, ca: undefined, kindOf: kindOfAddress }
    let now = 0
    const scanner = createHarborScanner({
      ...{ name: 'other', url, headers: {}, secrets: [], timeoutMs: 60_000 },
      clock: {
        now: () => new Date(now),
        sleep: async (ms) => {
          now += ms
        },
      },
      egress: createGuardedEgress({ ...rules, resolve: async () => [] }, EGRESS_TIMES),
    })
    const signal = new AbortController().signal
    const target = {
      ...{ registryUrl: 'https://registry.example', authorization: 'Basic eDp5', repository: 'team/shop' },
      ...{ digest: DIGEST, mediaType: MEDIA_TYPE },
    }
    const { report } = await scanner.scan(target, signal)
    expect(report.findings).toMatchObject([{ vulnerability: 'CVE-2026-0001', severity: 'high', fixedVersion: '1.0.1' }])
    expect(await scanner.describe(signal)).toMatchObject({ name: 'Berth', version: '9.9.9' })
  })
})
