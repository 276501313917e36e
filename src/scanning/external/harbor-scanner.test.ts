import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import {
  type FakeAdapter,
  json,
  metadataOf,
  REPORT_10,
  REPORT_11,
  reportOf,
  startHarborAdapter,
  wait,
} from '../../../test/support/harbor-adapter.ts'
import { digestOf } from '../../../test/support/inventories.ts'
import { kindOfAddress } from '../../client/address-kind.ts'
import { createGuardedEgress, EGRESS_TIMES } from '../../client/guarded-egress.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ScanTarget } from './external-scanner.ts'
import { createHarborScanner } from './harbor-scanner.ts'

/** Goes on by what is slept. */
class SleepingClock implements Clock {
  #now = Date.UTC(2030, 0, 1)
  readonly slept: number[] = []

  now(): Date {
    return new Date(this.#now)
  }

  async sleep(ms: number): Promise<void> {
    this.slept.push(ms)
    this.#now += ms
  }
}

const AUTHORIZATION = `Basic ${Buffer.from('robot:canary-password-1').toString('base64')}`
const TARGET: ScanTarget = {
  ...{ registryUrl: 'https://registry.example', authorization: AUTHORIZATION, repository: 'team/shop' },
  ...{ digest: digestOf(1), tag: 'v1', mediaType: 'application/vnd.oci.image.manifest.v1+json' },
}
const GOOD = () => json(reportOf(TARGET.digest), REPORT_11)

let adapter: FakeAdapter
let clock: SleepingClock
beforeAll(() => {
  adapter = startHarborAdapter()
})
afterAll(() => adapter.close())
beforeEach(() => {
  adapter.reset()
  adapter.reports = [GOOD]
  clock = new SleepingClock()
})

interface Changes {
  readonly allowPrivate?: boolean
  readonly headersMs?: number
  readonly wholeMs?: number
  readonly url?: string
}

function scanner({ allowPrivate = true, url = adapter.url, ...times }: Changes = {}) {
  const rules = {
    ...{ origin: new URL(url), allowPrivate, insecureHttp: true, ca: undefined },
    ...{ resolve: async () => ['127.0.0.1'], kindOf: kindOfAddress },
  }
  return createHarborScanner({
    ...{ name: 'fake', url, clock, timeoutMs: 600_000 },
    ...{ headers: { authorization: 'Bearer canary-of-the-adapter' }, secrets: ['canary-of-the-adapter'] },
    egress: createGuardedEgress(rules, { ...EGRESS_TIMES, ...times }),
  })
}

const never = new AbortController().signal
const scan = (changes?: Changes) => scanner(changes).scan(TARGET, never)

async function problemOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('it went well')
}

describe('an adapter of 1.2', () => {
  it('says who it is', async () => {
    expect(await scanner().describe(never)).toEqual({
      ...{ name: 'Fake', vendor: 'Nobody', version: '0.1', dataUpdatedAt: new Date('2026-11-01T00:00:00Z') },
      capabilities: [expect.objectContaining({ type: 'vulnerability', produces: [REPORT_10, REPORT_11] })],
    })
    expect(adapter.seen[0]?.headers.get('authorization')).toBe('Bearer canary-of-the-adapter')
  })

  it('is asked, waited for, and believed', async () => {
    adapter.reports = [() => wait(7), () => wait(), GOOD]
    const { report, raw } = await scan()
    const [, asked, first] = adapter.seen
    expect(asked?.headers.get('content-type')).toBe('application/vnd.scanner.adapter.scan.request+json; version=1.1')
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      registry: { url: 'https://registry.example', authorization: AUTHORIZATION },
      artifact: { repository: 'team/shop', digest: TARGET.digest, tag: 'v1', mime_type: TARGET.mediaType },
      enabled_capabilities: [{ type: 'vulnerability' }],
    })
    expect(first?.path).toBe('/adapter/api/v1/scan/scan%2F1%20%C3%BC/report')
    expect(first?.headers.get('accept')).toBe(REPORT_11)
    expect(adapter.seen.some(({ path }) => path === '/elsewhere')).toBe(false)
    expect(clock.slept.slice(0, 2)).toEqual([2000, 7000])
    expect(JSON.parse(Buffer.from(raw).toString())).toEqual(reportOf(TARGET.digest))
    expect(report).toMatchObject({ state: 'complete', dataUpdatedAt: new Date('2026-11-01T00:00:00Z') })
    expect(report.findings).toEqual([
      {
        ...{ vulnerability: 'CVE-2026-0001', aliases: [], summary: 'Bad.', severity: 'critical', purl: '' },
        ...{ package: 'openssl', version: '3.0.1', fixedVersion: '3.0.2', advisory: 'CVE-2026-0001', scanner: 'fake' },
        ratings: [
          { source: 'fake', severity: 'critical' },
          {
            ...{ source: 'cvss-v3', severity: 'critical', score: 9.8 },
            vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
          },
        ],
      },
      {
        ...{ vulnerability: 'CVE-2026-0002', aliases: [], summary: '', severity: 'unknown', purl: '' },
        ...{ package: 'bash', version: '5', advisory: 'CVE-2026-0002', scanner: 'fake' },
        ratings: [{ source: 'fake', severity: 'unknown' }],
      },
    ])
  })
})

describe('an adapter of 1.0', () => {
  it.each([REPORT_10, 'application/vnd.scanner.adapter.vuln.report.harbor+json;VERSION="1.0"'])(
    'that produces %p is asked as it knows it',
    async (produces) => {
      adapter.metadata = () => json(metadataOf([produces]))
      adapter.reports = [() => json(reportOf(TARGET.digest), produces)]
      expect((await scan()).report.findings).toHaveLength(2)
      const [, asked, report] = adapter.seen
      expect(JSON.parse(asked?.body ?? '')).not.toHaveProperty('enabled_capabilities')
      expect(asked?.headers.get('content-type')).toEndWith('version=1.0')
      expect(report?.headers.get('accept')).toBe(REPORT_10)
    },
  )
})

describe('what it cannot do', () => {
  it.each([
    ['another version of the report', metadataOf([REPORT_11.replace('1.1', '9.9')])],
    ['SBOMs only', metadataOf([REPORT_11], 'sbom')],
    [
      'other artifacts',
      { capabilities: [{ consumes_mime_types: ['application/x'], produces_mime_types: [REPORT_11] }] },
    ],
  ])('%s: it is not asked to scan', async (_what, metadata) => {
    adapter.metadata = () => json(metadata)
    expect(await problemOf(scan())).toContain('does not look for vulnerabilities in')
    expect(adapter.seen).toHaveLength(1)
  })
})

describe('an adapter that means ill', () => {
  it.each([
    ['no JSON', () => new Response('<html>', { headers: { 'content-type': REPORT_11 } })],
    ['another type', () => json(reportOf(TARGET.digest), 'text/html')],
    ['a list', () => json([], REPORT_11)],
    ['a number for the findings', () => json({ vulnerabilities: 7 }, REPORT_11)],
    ['another image', () => json(reportOf(digestOf(2)), REPORT_11)],
    ['nested without an end', () => new Response('['.repeat(1_000_000), { headers: { 'content-type': REPORT_11 } })],
    ['no text', () => new Response(new Uint8Array([0xff, 0xfe]), { headers: { 'content-type': REPORT_11 } })],
    ['an error', () => json({ error: { message: 'it broke' } }, 'application/json', 500)],
    ['nothing', () => new Response(null, { status: 404 })],
  ])('%s is no report', async (_what, report) => {
    adapter.reports = [report]
    expect(await problemOf(scan())).toContain(`the scanner at ${new URL(adapter.url).host}`)
  })

  it.each([
    ['nothing', {}],
    ['a number', { id: 7 }],
    ['no text', { id: '' }],
    ['this folder', { id: '.' }],
    ['the folder above', { id: '..' }],
    ['too much', { id: 'x'.repeat(513) }],
    ['a list', []],
  ])('%s names no scan', async (_what, accepted) => {
    adapter.accept = () => json(accepted, 'application/json', 202)
    expect(await problemOf(scan())).toContain('the scanner at')
    expect(adapter.seen).toHaveLength(2)
  })

  it('a scan that is named like a path stays where it belongs', async () => {
    adapter.accept = () => json({ id: '../../../admin?x=1#y' }, 'application/json', 202)
    await scan()
    expect(adapter.seen[2]?.path).toBe('/adapter/api/v1/scan/..%2F..%2F..%2Fadmin%3Fx%3D1%23y/report')
  })

  it('redirects lead nowhere', async () => {
    adapter.metadata = () => wait(undefined, 'http://169.254.169.254/latest/meta-data')
    expect(await problemOf(scan())).toContain('answered with status 302')
    adapter.metadata = undefined
    adapter.reports = [() => wait(1, 'http://169.254.169.254/latest/meta-data'), GOOD]
    expect((await scan()).report.findings).toHaveLength(2)
    expect(adapter.seen.every(({ path }) => path.startsWith('/adapter/'))).toBe(true)
  })

  it('that has no report, and never one, is given up', async () => {
    for (const [seconds, most] of [
      [0, 600],
      [99_999_999, 12],
      [undefined, 30],
    ] as const) {
      adapter.reset()
      adapter.reports = [() => wait(seconds)]
      expect(await problemOf(scan())).toContain('had no report after 600 s')
      expect(adapter.seen.length).toBeLessThan(most + 3)
    }
  })

  it('that sends without an end, or nothing at all, is left', async () => {
    const chunk = new Uint8Array(1024 * 1024)
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
    adapter.reports = [() => new Response(endless, { headers: { 'content-type': REPORT_11 } })]
    expect(await problemOf(scan())).toContain('answered with more than')
    adapter.reset()
    adapter.reports = [() => new Promise<Response>(() => undefined)]
    expect(await problemOf(scan({ headersMs: 100 }))).toContain('did not answer in time')
    adapter.reset()
    adapter.metadata = () => json({ ...(metadataOf([REPORT_11]) as object), x: 'x'.repeat(2 ** 21) })
    expect(await problemOf(scan())).toContain('answered with more than')
  })

  it('that repeats what it was told gives no secret away', async () => {
    const secrets = [AUTHORIZATION, 'canary-password-1', 'canary-of-the-adapter', AUTHORIZATION.slice(6)]
    adapter.accept = () =>
      json({ error: { message: `no: ${secrets.join(' ')}\u001b[31m\n${'x'.repeat(1000)}` } }, '', 500)
    const problem = await problemOf(scan())
    expect(problem).toContain('answered with status 500: no: ***')
    for (const secret of secrets) expect(problem).not.toContain(secret)
    expect(problem).not.toMatch(/\p{Cc}/u)
    expect(problem.length).toBeLessThan(500)
  })
})

it('one at a private address is not asked without leave', async () => {
  expect(await problemOf(scan({ allowPrivate: false }))).toContain('private ones are not allowed here')
  expect(await problemOf(scan({ allowPrivate: false, url: 'http://public.test' }))).toContain('not allowed here')
  expect(adapter.seen).toEqual([])
})

it('ends when nobody waits any more', async () => {
  const controller = new AbortController()
  adapter.reports = [
    () => {
      controller.abort(new Error('enough'))
      return wait(1)
    },
  ]
  expect(await problemOf(scanner().scan(TARGET, controller.signal))).toBe('enough')
})
