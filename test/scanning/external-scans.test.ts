/** Scanners that are not ours, asked about images that are here. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { LayerInventory } from '../../src/inventory/layer-inventory.ts'
import { Problem } from '../../src/lib/problem.ts'
import { type Digest, parseDigest } from '../../src/oci/digest.ts'
import { z } from 'zod'
import { reserveVerdict } from '../../src/metadata/policy-verdicts.ts'
import { analyzeImage } from '../../src/scanning/analyze-image.ts'
import type { ExternalReport, ExternalScanner, ScanTarget } from '../../src/scanning/external/external-scanner.ts'
import { addScanner, removeScanner, setScannerEnabled } from '../../src/scanning/external/manage-scanners.ts'
import { findRawReport, listReports } from '../../src/scanning/external/report-store.ts'
import { type ExternalScanParts, scanExternally } from '../../src/scanning/external/scan-images.ts'
import { reportBody } from '../../src/scanning/bodies.ts'
import { findPlaces } from '../../src/scanning/places-store.ts'
import { forgetWhatIsGone } from '../../src/scanning/upkeep.ts'
import { BY, found, type Person, World } from '../access/support/world.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { PATIENCE_MS } from '../e2e/support/server.ts'
import { findingOf } from '../support/inventories.ts'

setDefaultTimeout(6 * PATIENCE_MS)

const IMAGE = image('externally-scanned')
const LAYER: LayerInventory = {
  ...{ state: 'complete', reasons: [], unknownBinaries: [], files: [] },
  packageFiles: [{ path: 'app/package.json', packages: [{ type: 'npm', name: '@scope/left', version: '1.0.0' }] }],
}
const never = new AbortController().signal

let world: World
let admin: Person
let digest: Digest
beforeAll(async () => {
  world = await World.open({ scanning: { enabled: false } })
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  await world.project('team')
  await pushImage({ registry: world.with(admin.basic), name: 'team/shop' }, IMAGE, 'v1')
  digest = parseDigest(IMAGE.manifest.digest)
  const reader = { read: async () => LAYER }
  expect(await analyzeImage({ registry: world.app.registry, reader }, digest, never)).toBe('done')
  const input = { name: 'fake', settings: { kind: 'trivy', program: 'trivy' } }
  await addScanner({ m: world.m, secrets: world.app.remotes.secrets }, BY, input)
})
afterAll(async () => {
  await world?.checkAudit()
  await world?.close()
})

const { firstSeen: _, ...FINDING } = findingOf({ purl: '', scanner: 'fake' })
const REPORT: ExternalReport = { state: 'complete', reasons: [], findings: [FINDING] }

let asked: ScanTarget[]
let answer: () => ExternalReport
beforeEach(() => {
  asked = []
  answer = () => REPORT
})

const scanner: ExternalScanner = {
  describe: async () => ({ name: 'Fake', vendor: '', version: '', capabilities: [] }),
  scan: async (target) => {
    asked.push(target)
    return { report: answer(), raw: Buffer.from('{"as":"it came"}') }
  },
}

async function scan(changes: Partial<ExternalScanParts> = {}): Promise<void> {
  const { remotes, registry } = world.app
  const nothing = () => undefined
  const log = { enabled: () => false, debug: nothing, info: nothing, warn: nothing, error: nothing }
  await scanExternally(
    {
      ...{ secrets: remotes.secrets, clock: world.clock, folder: world.dataDir, environment: {} },
      ...{ registry, log, registryUrl: 'https://registry.test' },
      authorize: async (repository) => `Bearer for ${repository}`,
      open: () => scanner,
      ...changes,
    },
    never,
  )
}

const HOUR_MS = 3_600_000
const reports = () => listReports(world.m.database.reader, digest)
const placeOf = async () => (await findPlaces(world.m.database.reader, digest, 1))[0]

async function report(): Promise<z.infer<typeof reportBody>> {
  const answered = await world.api('GET', '/repositories/team%2Fshop/images/v1/report', admin.basic)
  return reportBody.extend({ pending: z.boolean() }).parse(JSON.parse(answered.text))
}

describe('another scanner', () => {
  test('is asked once a day, with what lets it pull that repository', async () => {
    await scan()
    await scan()
    expect(asked).toEqual([
      {
        ...{
          registryUrl: 'https://registry.test',
          authorization: 'Bearer for team/shop',
          repository: 'team/shop',
          digest,
        },
        mediaType: IMAGE.manifest.mediaType,
      } as ScanTarget,
    ])
    const now = world.clock.now()
    expect(await reports()).toEqual([
      {
        ...{ scanner: 'fake', state: 'complete', reasons: [], reportedAt: now, askedAt: now },
        findings: [{ ...FINDING, purl: 'pkg:npm/%40scope/left@1.0.0', firstSeen: now }],
      },
    ])
    expect(await findRawReport(world.m.database.reader, digest, 'fake')).toBe('{"as":"it came"}')
  })

  test('that finds the same again has found it the first time', async () => {
    const [before] = await reports()
    world.clock.advance(25 * HOUR_MS)
    const other = { ...FINDING, vulnerability: 'CVE-2026-0777' }
    answer = () => ({ ...REPORT, findings: [FINDING, other] })
    await scan()
    const [after] = await reports()
    expect(after?.findings.map(({ firstSeen }) => firstSeen)).toEqual([
      before?.findings[0]?.firstSeen ?? new Date(0),
      world.clock.now(),
    ])
  })

  test('that fails leaves what it said, and why there is nothing newer', async () => {
    const [before] = await reports()
    world.clock.advance(25 * HOUR_MS)
    answer = () => {
      throw new Problem('conflict', 'it broke')
    }
    await scan()
    const [after] = await reports()
    expect(after).toEqual({
      ...(before as NonNullable<typeof before>),
      askedAt: world.clock.now(),
      problem: 'it broke',
    })
    expect(await findRawReport(world.m.database.reader, digest, 'fake')).toBe('{"as":"it came"}')
  })

  test('that never said anything is asked again after an hour, and its report is no empty one', async () => {
    const input = { name: 'young', settings: { kind: 'grype', program: 'grype' } }
    await addScanner({ m: world.m, secrets: world.app.remotes.secrets }, BY, input)
    await setScannerEnabled({ m: world.m }, BY, 'fake', false)
    await scan({ registryUrl: undefined })
    expect(asked).toEqual([])
    expect((await reports()).at(-1)).toMatchObject({ scanner: 'young', state: 'failed', findings: [] })
    await scan()
    expect(asked).toEqual([])
    world.clock.advance(1.1 * HOUR_MS)
    answer = () => ({ ...REPORT, findings: [{ ...FINDING, scanner: 'young' }] })
    await scan()
    expect(asked).toHaveLength(1)
    expect((await reports()).at(-1)).toMatchObject({ scanner: 'young', state: 'complete' })
  })

  test('adds what it found to the report, with what it did not say', async () => {
    await setScannerEnabled({ m: world.m }, BY, 'fake', true)
    const body = await report()
    // The two of them, of which one says the same twice over the other.
    expect(body.findings.map(({ vulnerability, scanner: by }) => [vulnerability, by])).toEqual([
      [FINDING.vulnerability, 'fake, young'],
      ['CVE-2026-0777', 'fake'],
    ])
    expect(body.reasons).toContainEqual(
      expect.stringMatching(/^the scanner "fake" has said nothing new since .*: it broke$/),
    )
    expect(body.state).toBe('no-data')
  })

  test('makes whoever judged by what it said before judge anew, and only then', async () => {
    const epoch = async () => {
      const rows = await world.m.database.reader.db.selectFrom('policy_verdicts').select('epoch').execute()
      return rows[0]?.epoch ?? 0
    }
    const { repositoryId } = found(await placeOf())
    await world.m.database.write((tx) => reserveVerdict(tx, { repositoryId, digest }))
    const before = await epoch()
    world.clock.advance(25 * HOUR_MS)
    answer = () => ({ ...REPORT, findings: [FINDING, { ...FINDING, vulnerability: 'CVE-2026-0777' }] })
    await scan()
    const after = await epoch()
    expect(after).toBeGreaterThan(before)
    world.clock.advance(25 * HOUR_MS)
    await scan()
    expect(await epoch()).toBe(after)
    await setScannerEnabled({ m: world.m }, BY, 'fake', false)
    expect(await epoch()).toBeGreaterThan(after)
  })

  test('that is switched off counts no more, and its reports stay', async () => {
    await setScannerEnabled({ m: world.m }, BY, 'young', false)
    expect((await report()).findings).toEqual([])
    expect(await reports()).toHaveLength(2)
    await setScannerEnabled({ m: world.m }, BY, 'young', true)
    expect((await report()).findings).not.toEqual([])
  })

  test('counts as little as our own where somebody judged it to be none', async () => {
    const body = { vulnerability: FINDING.vulnerability, reason: 'it is not used', days: 30 }
    const expiresAt = new Date(world.clock.now().getTime() + 30 * 24 * HOUR_MS).toISOString()
    const { days: _days, ...rest } = body
    const made = await world.api('POST', '/projects/team/exceptions', admin.basic, { ...rest, expiresAt })
    expect(made.status).toBeLessThan(300)
    const [judged] = (await report()).findings
    expect(judged).toMatchObject({ vulnerability: FINDING.vulnerability, suppressed: { by: 'exception' } })
  })

  test('is quoted as it spoke to whoever may pull, where the image is', async () => {
    const at = (repository: string, scanner: string) =>
      `/repositories/team%2F${repository}/images/${digest}/reports/${scanner}`
    const said = await world.api('GET', at('shop', 'young'), admin.basic)
    expect([said.status, JSON.parse(said.text)]).toEqual([200, { as: 'it came' }])
    for (const path of [at('shop', 'nobody'), at('elsewhere', 'young')])
      expect((await world.api('GET', path, admin.basic)).status).toBe(404)
    const other = await world.user('bob')
    expect((await world.api('GET', at('shop', 'young'), other.basic)).status).toBe(404)
  })

  test('that is removed takes its reports along', async () => {
    await removeScanner({ m: world.m }, BY, 'young')
    expect((await reports()).map((each) => each.scanner)).toEqual(['fake'])
    expect((await report()).findings).toEqual([])
  })

  test('what was said of images that are gone is forgotten', async () => {
    await world.m.database.write((tx) =>
      tx.db
        .deleteFrom('image_packages')
        .execute()
        .then(() => tx.db.deleteFrom('images').execute()),
    )
    await forgetWhatIsGone(world.app.registry, never)
    expect(await reports()).toEqual([])
  })
})
