/** From real content to findings: what is known of these very programs and packages, and nothing else. */
import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { LayerInventory } from '../../src/inventory/layer-inventory.ts'
import { mergeLayers } from '../../src/inventory/merge.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Digest } from '../../src/oci/digest.ts'
import { advisoryKeyOf } from '../../src/packages/ecosystem.ts'
import { importVulnerabilityData } from '../../src/vulndb/import.ts'
import { openVulndb } from '../../src/vulndb/vulndb.ts'
import { affects, osvExport, type OsvFixture } from '../support/osv-export.ts'
import { layerFile, layerOf, read, readerWith } from './support/layer-reader.ts'
import { makeTar } from './support/make-tar.ts'
import { DATA, debianFolder, debianLayer, hasProgram, npmPackage, run } from './support/real-content.ts'

setDefaultTimeout(300_000)

const program: [string, ...string[]] = [process.execPath, join(import.meta.dir, '../../src/main.ts')]
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-findings-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** `package version → vulnerability (fixed)`, sorted, of a layer by the data at a path. */
async function findingsOf(
  inventory: LayerInventory,
  path: string,
  options: { readonly ecosystem?: string; readonly asIf?: string } = {},
): Promise<string[]> {
  const data = await mkdtemp(join(folder, 'data-'))
  const { asIf, ecosystem } = options
  const imported = await importVulnerabilityData({ data, program, clock: systemClock }, { path, ecosystem })
  expect(imported.map(({ problem }) => problem)).toEqual([undefined])
  const { packages, os } = mergeLayers([{ digest: 'sha256:0' as Digest, inventory }])
  const keys = packages.flatMap((each) => advisoryKeyOf(each, os) ?? [])
  const rows = keys.map((key, id) => ({ ...key, id, version: asIf ?? key.version }))
  async function* pages() {
    yield rows
  }
  const found = new Set<string>()
  for await (const { packageId, matches } of openVulndb({ data, program }).match(pages()))
    for (const { vulnerability, fixedVersion } of matches)
      found.add(
        `${rows[packageId]?.name} ${rows[packageId]?.version}: ${vulnerability.id}, ${fixedVersion ?? 'no fix'}`,
      )
  return [...found].sort()
}

/** An export of Alpine's, written to a file. */
async function exported(name: string, records: readonly OsvFixture[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, osvExport(records))
  return path
}

const GO = join(DATA, 'osv/Go/all.zip')

describe.skipIf(!existsSync(GO))('a real Go binary and the real Go records (skipped without shared/data/osv)', () => {
  it('esbuild 0.17.19, made with Go 1.20.4', async () => {
    const binary = readFileSync(join(npmPackage('@esbuild/linux-x64', '0.17.19'), 'bin/esbuild'))
    const tar = makeTar({ path: 'usr/local/bin/esbuild', mode: 0o755, content: binary })
    const inventory = await read(readerWith(), layerOf(new Uint8Array(tar)))
    const found = await findingsOf(inventory, GO, { ecosystem: 'Go' })
    expect(found).toEqual(EXPECTED_IN_ESBUILD)
  })
})

/** By Alpine's own database (secdb) of these branches. */
const ALPINE_FACTS: readonly (readonly [source: string, cve: string, in310: string, in311: string])[] = [
  ['apk-tools', 'CVE-2021-36159', '2.10.7-r0', '2.10.7-r0'],
  ['apk-tools', 'CVE-2021-30139', '2.10.6-r0', '2.10.6-r0'],
  ['busybox', 'CVE-2021-28831', '1.30.1-r5', '1.31.1-r10'],
  ['busybox', 'CVE-2017-16544', '1.27.2-r4', '1.27.2-r4'],
  ['musl', 'CVE-2020-28928', '1.1.22-r4', '1.1.24-r3'],
  ['musl', 'CVE-2019-14697', '1.1.22-r3', '1.1.23-r2'],
  ['openssl', 'CVE-2020-1967', '1.1.1g-r0', '1.1.1g-r0'],
  ['openssl', 'CVE-2019-1551', '1.1.1d-r2', '1.1.1d-r2'],
]

describe.skipIf(!existsSync(join(DATA, 'images')))('real Alpine images (skipped without shared/data/images)', () => {
  it.each([
    [
      'alpine-310',
      [
        'apk-tools 2.10.4-r2: CVE-2021-30139, 2.10.6-r0',
        'apk-tools 2.10.4-r2: CVE-2021-36159, 2.10.7-r0',
        'busybox 1.30.1-r3: CVE-2021-28831, 1.30.1-r5',
        'musl 1.1.22-r3: CVE-2020-28928, 1.1.22-r4',
        'openssl 1.1.1d-r2: CVE-2020-1967, 1.1.1g-r0',
      ],
    ],
    [
      'alpine-311',
      [
        'apk-tools 2.10.4-r3: CVE-2021-30139, 2.10.6-r0',
        'apk-tools 2.10.4-r3: CVE-2021-36159, 2.10.7-r0',
        'busybox 1.31.1-r9: CVE-2021-28831, 1.31.1-r10',
        'musl 1.1.24-r2: CVE-2020-28928, 1.1.24-r3',
        'openssl 1.1.1d-r3: CVE-2020-1967, 1.1.1g-r0',
      ],
    ],
  ])('%s', async (name, expected) => {
    const archive = join(DATA, 'images', `${name}.tar.gz`)
    const [layer = ''] = run('tar', '-tzf', archive).match(/\S+\/layer\.tar/) ?? []
    run('tar', '-xzf', archive, '-C', folder, layer)
    const inventory = await read(readerWith(), layerFile(join(folder, layer)))
    const records = ALPINE_FACTS.map(([source, cve, in310, in311]) => ({
      ...{ id: `ALPINE-${cve}`, upstream: [cve] },
      affected: [affects('Alpine:v3.10', source, in310), affects('Alpine:v3.11', source, in311)],
    }))
    const path = await exported(`${name}.zip`, records)
    expect(await findingsOf(inventory, path, { ecosystem: 'Alpine' })).toEqual(expected)
  })
})

describe.skipIf(!hasProgram('debootstrap'))('real Debian, by its own changelogs (skipped without debootstrap)', () => {
  it('has none of what its changelogs say is fixed; before them it had each', async () => {
    const facts = fixedIn(debianFolder())
    expect(facts.length).toBeGreaterThan(50)
    const records = facts.map(({ source, cve, fixed }) => ({
      ...{ id: `DEBIAN-${cve}-${source}`, upstream: [cve] },
      affected: [affects('Debian:12', source, fixed)],
    }))
    const path = await exported('debian.zip', records)
    const inventory = await read(readerWith(), layerFile(debianLayer()))
    expect(await findingsOf(inventory, path, { ecosystem: 'Debian' })).toEqual([])
    const before = await findingsOf(inventory, path, { ecosystem: 'Debian', asIf: '0~' })
    const expected = facts.map(({ source, cve, fixed }) => `${source} 0~: ${cve}, ${fixed}`)
    expect(before).toEqual([...new Set(expected)].sort())
  })
})

/** What the changelogs of a folder's packages say was fixed, and in which version of the source first. */
function fixedIn(root: string): { source: string; cve: string; fixed: string }[] {
  const sources = new Set(
    run('dpkg-query', `--admindir=${join(root, 'var/lib/dpkg')}`, '-W', '-f', '\x24{source:Package}\n').split('\n'),
  )
  const first = new Map<string, { source: string; cve: string; fixed: string }>()
  const docs = join(root, 'usr/share/doc')
  for (const name of readdirSync(docs)) {
    const file = ['changelog.Debian.gz', 'changelog.gz'].map((each) => join(docs, name, each)).find(isFile)
    if (file === undefined) continue
    for (const entry of gunzipSync(readFileSync(file))
      .toString()
      .split(/^(?=[a-z0-9][a-z0-9+.-]+ \([^)]+\) )/m)) {
      const [, source = '', fixed = ''] = /^(\S+) \(([^)]+)\)/.exec(entry) ?? []
      if (!sources.has(source)) continue
      // Newest first, so the last that is seen is the one that fixed it.
      for (const [cve] of entry.matchAll(/CVE-\d{4}-\d{4,}/g)) first.set(`${source} ${cve}`, { source, cve, fixed })
    }
  }
  return [...first.values()]
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}

/** Computed once more from the records by another program, in another language. */
const EXPECTED_IN_ESBUILD = [
  'golang.org/x/sys 0.0.0-20220715151400-c0bba94af5f8: CVE-2026-39824, 0.44.0',
  'stdlib 1.20.4: CVE-2023-29403, 1.20.5',
  'stdlib 1.20.4: CVE-2023-29406, 1.20.6',
  'stdlib 1.20.4: CVE-2023-29409, 1.20.7',
  'stdlib 1.20.4: CVE-2023-39318, 1.20.8',
  'stdlib 1.20.4: CVE-2023-39319, 1.20.8',
  'stdlib 1.20.4: CVE-2023-39325, 1.20.10',
  'stdlib 1.20.4: CVE-2023-39326, 1.20.12',
  'stdlib 1.20.4: CVE-2023-45283, 1.20.11',
  'stdlib 1.20.4: CVE-2023-45284, 1.20.11',
  'stdlib 1.20.4: CVE-2023-45288, 1.21.9',
  'stdlib 1.20.4: CVE-2023-45289, 1.21.8',
  'stdlib 1.20.4: CVE-2023-45290, 1.21.8',
  'stdlib 1.20.4: CVE-2024-24783, 1.21.8',
  'stdlib 1.20.4: CVE-2024-24784, 1.21.8',
  'stdlib 1.20.4: CVE-2024-24785, 1.21.8',
  'stdlib 1.20.4: CVE-2024-24789, 1.21.11',
  'stdlib 1.20.4: CVE-2024-24790, 1.21.11',
  'stdlib 1.20.4: CVE-2024-24791, 1.21.12',
  'stdlib 1.20.4: CVE-2024-34155, 1.22.7',
  'stdlib 1.20.4: CVE-2024-34156, 1.22.7',
  'stdlib 1.20.4: CVE-2024-34158, 1.22.7',
  'stdlib 1.20.4: CVE-2024-45336, 1.22.11',
  'stdlib 1.20.4: CVE-2024-45341, 1.22.11',
  'stdlib 1.20.4: CVE-2025-0913, 1.23.10',
  'stdlib 1.20.4: CVE-2025-22866, 1.22.12',
  'stdlib 1.20.4: CVE-2025-22870, 1.23.7',
  'stdlib 1.20.4: CVE-2025-22871, 1.23.8',
  'stdlib 1.20.4: CVE-2025-22873, 1.23.9',
  'stdlib 1.20.4: CVE-2025-4673, 1.23.10',
  'stdlib 1.20.4: CVE-2025-47906, 1.23.12',
  'stdlib 1.20.4: CVE-2025-47907, 1.23.12',
  'stdlib 1.20.4: CVE-2025-47912, 1.24.8',
  'stdlib 1.20.4: CVE-2025-58183, 1.24.8',
  'stdlib 1.20.4: CVE-2025-58185, 1.24.8',
  'stdlib 1.20.4: CVE-2025-58186, 1.24.8',
  'stdlib 1.20.4: CVE-2025-58187, 1.24.9',
  'stdlib 1.20.4: CVE-2025-58188, 1.24.8',
  'stdlib 1.20.4: CVE-2025-58189, 1.24.8',
  'stdlib 1.20.4: CVE-2025-61723, 1.24.8',
  'stdlib 1.20.4: CVE-2025-61724, 1.24.8',
  'stdlib 1.20.4: CVE-2025-61725, 1.24.8',
  'stdlib 1.20.4: CVE-2025-61726, 1.24.12',
  'stdlib 1.20.4: CVE-2025-61727, 1.24.11',
  'stdlib 1.20.4: CVE-2025-61728, 1.24.12',
  'stdlib 1.20.4: CVE-2025-61729, 1.24.11',
  'stdlib 1.20.4: CVE-2025-61730, 1.24.12',
  'stdlib 1.20.4: CVE-2025-68121, 1.24.13',
  'stdlib 1.20.4: CVE-2026-25679, 1.25.8',
  'stdlib 1.20.4: CVE-2026-27139, 1.25.8',
  'stdlib 1.20.4: CVE-2026-27142, 1.25.8',
  'stdlib 1.20.4: CVE-2026-27145, 1.25.11',
  'stdlib 1.20.4: CVE-2026-32280, 1.25.9',
  'stdlib 1.20.4: CVE-2026-32281, 1.25.9',
  'stdlib 1.20.4: CVE-2026-32282, 1.25.9',
  'stdlib 1.20.4: CVE-2026-32283, 1.25.9',
  'stdlib 1.20.4: CVE-2026-32288, 1.25.9',
  'stdlib 1.20.4: CVE-2026-32289, 1.25.9',
  'stdlib 1.20.4: CVE-2026-33811, 1.25.10',
  'stdlib 1.20.4: CVE-2026-33814, 1.25.10',
  'stdlib 1.20.4: CVE-2026-33818, 1.25.13',
  'stdlib 1.20.4: CVE-2026-39820, 1.25.10',
  'stdlib 1.20.4: CVE-2026-39821, 1.25.13',
  'stdlib 1.20.4: CVE-2026-39822, 1.25.12',
  'stdlib 1.20.4: CVE-2026-39823, 1.25.10',
  'stdlib 1.20.4: CVE-2026-39825, 1.25.10',
  'stdlib 1.20.4: CVE-2026-39826, 1.25.10',
  'stdlib 1.20.4: CVE-2026-39836, 1.25.10',
  'stdlib 1.20.4: CVE-2026-42499, 1.25.10',
  'stdlib 1.20.4: CVE-2026-42504, 1.25.11',
  'stdlib 1.20.4: CVE-2026-42505, 1.25.12',
  'stdlib 1.20.4: CVE-2026-42507, 1.25.11',
  'stdlib 1.20.4: CVE-2026-56853, 1.25.13',
  'stdlib 1.20.4: CVE-2026-56858, 1.25.13',
  'stdlib 1.20.4: CVE-2026-56859, 1.25.13',
  'stdlib 1.20.4: CVE-2026-56860, 1.25.13',
  'stdlib 1.20.4: CVE-2026-56862, 1.25.13',
]
