/** Scanners that are not ours, asked about images that are here. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { LayerInventory } from '../../src/inventory/layer-inventory.ts'
import { Problem } from '../../src/lib/problem.ts'
import { type Digest, parseDigest } from '../../src/oci/digest.ts'
import { analyzeImage } from '../../src/scanning/analyze-image.ts'
import type { ExternalReport, ExternalScanner, ScanTarget } from '../../src/scanning/external/external-scanner.ts'
import { addScanner, removeScanner, setScannerEnabled } from '../../src/scanning/external/manage-scanners.ts'
import { findRawReport, listReports } from '../../src/scanning/external/report-store.ts'
import { type ExternalScanParts, scanExternally } from '../../src/scanning/external/scan-images.ts'
import { BY, World } from '../access/support/world.ts'
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
let digest: Digest
beforeAll(async () => {
  world = await World.open({ scanning: { enabled: false } })
  const admin = await world.user('root-ann', { systemRole: 'administrator' })
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
    await scan()
    expect(asked).toHaveLength(1)
    expect((await reports()).at(-1)).toMatchObject({ scanner: 'young', state: 'complete' })
  })

  test('that is removed takes its reports along', async () => {
    await removeScanner({ m: world.m }, BY, 'young')
    expect((await reports()).map((report) => report.scanner)).toEqual(['fake'])
  })
})
