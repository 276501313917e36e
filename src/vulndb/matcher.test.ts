import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { affects, type OsvFixture, osvExport } from '../../test/support/osv-export.ts'
import { build } from './build.ts'
import type { BuildStep } from './build-job.ts'
import { openDatabaseFile, withDatabaseFile } from './database-file.ts'
import { createMatcher } from './matcher.ts'
import type { PackageMatches } from './package-row.ts'
import type { Match } from './vulnerability.ts'

const V31_HIGH = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N'
const V31_CRITICAL = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'
const V4_MEDIUM = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N'
const V2 = 'AV:N/AC:L/Au:N/C:P/I:P/A:P'

const EXPORTS: Readonly<Record<string, readonly OsvFixture[]>> = {
  Debian: [
    {
      ...{ id: 'DEBIAN-CVE-2023-0001', upstream: ['CVE-2023-0001'], details: 'A hole.\nMore.' },
      affected: [
        { ...affects('Debian:12', 'bash', '5.2.15-3'), ecosystem_specific: { urgency: 'unimportant' } },
        affects('Debian:11', 'bash', '5.1-2+deb11u1'),
      ],
      severity: [{ type: 'CVSS_V3', score: V31_CRITICAL }],
    },
    {
      ...{ id: 'DEBIAN-CVE-2023-0002', upstream: ['CVE-2023-0002'], severity: [{ type: 'CVSS_V3', score: V31_HIGH }] },
      affected: [{ ...affects('Debian:12', 'bash'), ecosystem_specific: { urgency: 'not yet assigned' } }],
    },
    {
      ...{ id: 'DSA-5000-1', upstream: ['CVE-2023-0002', 'CVE-2023-0003'], summary: 'bash - security update' },
      affected: [affects('Debian:12', 'bash', '5.2.15-4')],
    },
    { id: 'DSA-5001-1', withdrawn: '2023-05-01T00:00:00Z', affected: [affects('Debian:12', 'bash')] },
  ],
  Alpine: [
    {
      ...{ id: 'ALPINE-CVE-2023-0286', upstream: ['CVE-2023-0286'] },
      affected: [affects('Alpine:v3.18', 'openssl', '3.0.8-r0'), affects('Alpine:v3.17', 'openssl', '3.0.8-r1')],
    },
  ],
  Ubuntu: [
    {
      ...{ id: 'UBUNTU-CVE-2023-0004', upstream: ['CVE-2023-0004'], severity: [{ type: 'Ubuntu', score: 'medium' }] },
      affected: [affects('Ubuntu:22.04:LTS', 'curl', '7.81.0-1ubuntu1.10'), affects('Ubuntu:Pro:16.04:LTS', 'curl')],
    },
  ],
  AlmaLinux: [
    {
      ...{ id: 'ALSA-2023:1000', related: ['CVE-2023-0005'], summary: 'Important: nodejs:18 security update' },
      affected: [affects('AlmaLinux:9', 'nodejs', '1:18.14.2-2.module_el9.1.0+5+a1')],
    },
  ],
  'Red Hat': [
    {
      ...{ id: 'RHSA-2025:9978', upstream: ['CVE-2025-32462'], summary: 'Important: sudo security update' },
      affected: [
        affects('Red Hat:enterprise_linux:9::appstream', 'sudo', '0:1.9.5p2-10.el9_6.1'),
        affects('Red Hat:enterprise_linux:9::baseos', 'sudo', '0:1.9.5p2-10.el9_6.1'),
        affects('Red Hat:rhel_eus:9.2::baseos', 'sudo', '0:1.9.5p2-9.el9_2.2'),
      ],
    },
    {
      ...{ id: 'RHBA-2025:1', upstream: ['CVE-2025-0001'] },
      affected: [affects('Red Hat:enterprise_linux:9::baseos', 'sudo', '0:1.9.6-1.el9')],
    },
    {
      ...{ id: 'RHBA-2025:2', related: ['CVE-2025-0002'], summary: 'sudo bug fix update' },
      affected: [affects('Red Hat:enterprise_linux:9::baseos', 'sudo', '0:1.9.6-1.el9')],
    },
  ],
  npm: [
    {
      ...{ id: 'GHSA-aaaa-bbbb-cccc', aliases: ['CVE-2023-0006'], summary: 'Bad', related: ['CVE-2023-9999'] },
      affected: [affects('npm', '@scope/a', '2.0.0'), affects('RubyGems', 'other', '1')],
      severity: [
        { type: 'CVSS_V2', score: V2 },
        { type: 'CVSS_V3', score: V31_CRITICAL },
        { type: 'CVSS_V4', score: V4_MEDIUM },
      ],
      database_specific: { severity: 'HIGH' },
      references: [{ type: 'WEB', url: 'https://a.example/1' }],
    },
    { id: 'MAL-2024-1', affected: [{ package: { ecosystem: 'npm', name: 'evil' }, versions: ['6.6.6'] }] },
    {
      ...{ id: 'GHSA-dddd-eeee-ffff', database_specific: { severity: 'MODERATE' } },
      affected: [affects('npm', 'left', '1.0.1')],
      severity: [{ type: 'CVSS_V2', score: V2 }],
    },
  ],
  PyPI: [
    { id: 'PYSEC-2023-1', aliases: ['GHSA-gggg-hhhh-iiii'], affected: [affects('PyPI', 'Zope.Interface', '5.0')] },
    {
      ...{
        id: 'GHSA-gggg-hhhh-iiii',
        aliases: ['CVE-2023-0007'],
        summary: 'Of zope',
        published: '2022-01-01T00:00:00Z',
      },
      affected: [affects('PyPI', 'zope-interface', '5.0.1')],
      severity: [{ type: 'CVSS_V3', score: V31_HIGH }],
    },
    {
      ...{ id: 'PYSEC-2023-2', aliases: ['CVE-2023-0008'], database_specific: { severity: 'LOW' } },
      affected: [affects('PyPI', 'mild', '2')],
    },
    {
      ...{
        id: 'GHSA-nnnn-oooo-pppp',
        aliases: ['CVE-2023-0008'],
        severity: [{ type: 'CVSS_V3', score: V31_CRITICAL }],
      },
      affected: [affects('PyPI', 'another', '2')],
    },
    // Another database that has the score that the distribution's record lacks.
    {
      ...{ id: 'GHSA-jjjj-kkkk-mmmm', aliases: ['CVE-2023-0286'], summary: 'X.400' },
      affected: [affects('PyPI', 'cryptography', '39.0.1')],
      severity: [{ type: 'CVSS_V3', score: V31_HIGH }],
    },
  ],
}

let data: string
let answer: (ecosystem: string, name: string, version: string) => PackageMatches
let match: (ecosystem: string, name: string, version: string) => readonly Match[]
let close: () => void

async function buildFixtures(): Promise<void> {
  const steps = await Promise.all(
    Object.entries(EXPORTS).map(async ([ecosystem, records]): Promise<BuildStep> => {
      const path = join(data, `${ecosystem}.zip`)
      await writeFile(path, osvExport(records))
      return { kind: 'whole', ecosystem, path, origin: 'test', at: 1 }
    }),
  )
  const { steps: results } = await build({ data, steps })
  expect(results.filter(({ problem }) => problem !== undefined)).toEqual([])
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'berth-matcher-'))
  await buildFixtures()
  const db = openDatabaseFile(data)
  if (db === undefined) throw new Error('there is no data')
  const matcher = createMatcher(db)
  answer = (ecosystem, name, version) => matcher({ id: 1, ecosystem, name, version })
  match = (ecosystem, name, version) => answer(ecosystem, name, version).matches
  close = () => db.close()
})

afterAll(async () => {
  close()
  await rm(data, { recursive: true, force: true })
})

function told(matches: readonly Match[]): string[] {
  return matches
    .map(({ vulnerability: { id, severity }, advisory, fixedVersion }) =>
      [id, severity, advisory, fixedVersion ?? '-'].join(' '),
    )
    .toSorted()
}

describe('what a package has', () => {
  it('Debian: its own judgement first, a vulnerability once, each of an advisory’s', () => {
    expect(told(match('Debian:12', 'bash', '5.2.15-2'))).toEqual([
      'CVE-2023-0001 negligible DEBIAN-CVE-2023-0001 5.2.15-3',
      'CVE-2023-0002 unknown DSA-5000-1 5.2.15-4',
      'CVE-2023-0003 unknown DSA-5000-1 5.2.15-4',
    ])
    expect(told(match('Debian:12', 'bash', '5.2.15-4'))).toEqual(['CVE-2023-0002 high DEBIAN-CVE-2023-0002 -'])
    expect(told(match('Debian:11', 'bash', '5.1-2'))).toEqual([
      'CVE-2023-0001 critical DEBIAN-CVE-2023-0001 5.1-2+deb11u1',
    ])
    expect(match('Debian:13', 'bash', '5.1-2')).toEqual([])
  })

  it('Debian: everything that was said is there, with who said it', () => {
    const found = match('Debian:12', 'bash', '5.2.15-2').find(
      ({ vulnerability }) => vulnerability.id === 'CVE-2023-0001',
    )
    expect(found?.vulnerability.summary).toBe('A hole.')
    expect(found?.vulnerability.ratings.map(({ source, severity }) => `${source} ${severity}`)).toEqual([
      ...['debian negligible', 'cvss-v3.1 critical'],
    ])
  })

  it('Alpine: its branch only, with a severity of whoever has one', () => {
    expect(told(match('Alpine:v3.18', 'openssl', '3.0.7-r0'))).toEqual([
      'CVE-2023-0286 high ALPINE-CVE-2023-0286 3.0.8-r0',
    ])
    expect(told(match('Alpine:v3.17', 'openssl', '3.0.8-r0'))).toEqual([
      'CVE-2023-0286 high ALPINE-CVE-2023-0286 3.0.8-r1',
    ])
    const [found] = match('Alpine:v3.18', 'openssl', '3.0.7-r0')
    expect(found?.vulnerability).toMatchObject({ aliases: ['GHSA-jjjj-kkkk-mmmm'], summary: 'X.400' })
  })

  it('Ubuntu: what everybody gets, by its own word', () => {
    expect(told(match('Ubuntu:22.04', 'curl', '7.81.0-1ubuntu1.9'))).toEqual([
      'CVE-2023-0004 medium UBUNTU-CVE-2023-0004 7.81.0-1ubuntu1.10',
    ])
    expect(match('Ubuntu:16.04', 'curl', '7.47')).toEqual([])
  })

  it('Red Hat’s family: a module’s fix is about that module’s packages', () => {
    expect(told(match('AlmaLinux:9', 'nodejs', '1:18.12.0-1.module_el9.0.0+1+b2'))).toEqual([
      'CVE-2023-0005 high ALSA-2023:1000 1:18.14.2-2.module_el9.1.0+5+a1',
    ])
    expect(match('AlmaLinux:9', 'nodejs', '1:16.18.1-3.el9_1')).toEqual([])
  })

  it('Red Hat: the release’s own repositories; errata only where they say what they mend', () => {
    expect(told(match('Red Hat:9', 'sudo', '1.9.5p2-10.el9_6'))).toEqual([
      'CVE-2025-0001 unknown RHBA-2025:1 0:1.9.6-1.el9',
      'CVE-2025-32462 high RHSA-2025:9978 0:1.9.5p2-10.el9_6.1',
    ])
    expect(told(match('Red Hat:9', 'sudo', '0:1.9.5p2-10.el9_6.1'))).toEqual([
      'CVE-2025-0001 unknown RHBA-2025:1 0:1.9.6-1.el9',
    ])
  })

  it('npm: the newest CVSS before the rest; what is malicious is critical', () => {
    expect(told(match('npm', '@scope/a', '1.9.9'))).toEqual(['CVE-2023-0006 medium GHSA-aaaa-bbbb-cccc 2.0.0'])
    const [found] = match('npm', '@scope/a', '1.9.9')
    expect(found?.vulnerability.ratings.map(({ source }) => source)).toEqual([
      'cvss-v4',
      'cvss-v3.1',
      'ghsa',
      'cvss-v2',
    ])
    expect(found?.vulnerability).toMatchObject({
      aliases: ['GHSA-aaaa-bbbb-cccc'],
      references: ['https://a.example/1'],
    })
    expect(found?.vulnerability.published).toEqual(new Date('2023-01-01T00:00:00Z'))
    expect(found?.vulnerability.modified).toEqual(new Date('2024-01-01T00:00:00Z'))
    expect(told(match('npm', 'evil', '6.6.6'))).toEqual(['MAL-2024-1 critical MAL-2024-1 -'])
    expect(match('npm', 'evil', '6.6.7')).toEqual([])
    expect(told(match('npm', 'left', '1.0.0'))).toEqual(['GHSA-dddd-eeee-ffff medium GHSA-dddd-eeee-ffff 1.0.1'])
  })

  it('PyPI: names however written, one finding of several databases under the CVE’s name', () => {
    expect(told(match('PyPI', 'zope_interface', '4.9'))).toEqual(['CVE-2023-0007 high GHSA-gggg-hhhh-iiii 5.0.1'])
    const [found] = match('PyPI', 'ZOPE.interface', '4.9')
    expect(found?.vulnerability).toMatchObject({
      ...{ aliases: ['GHSA-gggg-hhhh-iiii', 'PYSEC-2023-1'], summary: 'Of zope' },
    })
    expect(found?.vulnerability.published).toEqual(new Date('2022-01-01T00:00:00Z'))
  })

  it('what a record says itself comes before what others say of the same', () => {
    expect(told(match('PyPI', 'mild', '1'))).toEqual(['CVE-2023-0008 low PYSEC-2023-2 2'])
    expect(match('PyPI', 'mild', '1')[0]?.vulnerability.ratings).toHaveLength(2)
  })

  it('a version that cannot be compared is told of where records speak of the package, and nowhere else', () => {
    expect(answer('npm', 'left', 'file:../left')).toEqual({ packageId: 1, matches: [], unclear: true })
    expect(answer('Debian:12', 'bash', '3.0.0 beta one')).toMatchObject({ unclear: true })
    expect(told(match('Debian:12', 'bash', '3.0.0 beta one'))).toEqual(['CVE-2023-0002 high DEBIAN-CVE-2023-0002 -'])
    for (const [name, version] of [
      ['nobody', 'file:../x'],
      ['left', '1.0.0'],
      ['evil', 'file:../x'],
    ] as const)
      expect(answer('npm', name, version)).not.toHaveProperty('unclear')
  })

  it('an export is about its own ecosystem', () => {
    expect(match('RubyGems', 'other', '0.1')).toEqual([])
  })

  it('withdrawn records are none', () => {
    const names = withDatabaseFile(data, (db) => db.query('select name from records where name = ?').all('DSA-5001-1'))
    expect(names).toEqual([])
  })
})

const GO = new URL('../../../shared/data/osv/Go/all.zip', import.meta.url).pathname

/** Findings that anybody can look up at pkg.go.dev/vuln. */
const KNOWN: readonly (readonly [
  name: string,
  version: string,
  vulnerability: string,
  advisory: string,
  fixed: string,
])[] = [
  ['golang.org/x/net', '0.16.0', 'CVE-2023-39325', 'GO-2023-2102', '0.17.0'],
  ['stdlib', '1.20.9', 'CVE-2023-39325', 'GO-2023-2102', '1.20.10'],
  ['stdlib', '1.21.2', 'CVE-2023-39325', 'GO-2023-2102', '1.21.3'],
  ['golang.org/x/crypto', '0.16.0', 'CVE-2023-48795', 'GO-2023-2402', '0.17.0'],
  ['golang.org/x/text', '0.3.7', 'CVE-2022-32149', 'GO-2022-1059', '0.3.8'],
  ['github.com/gin-gonic/gin', '1.9.0', 'CVE-2023-29401', 'GO-2023-1737', '1.9.1'],
  [
    'gopkg.in/yaml.v3',
    '3.0.0-20210107192922-496545a6307b',
    'CVE-2022-28948',
    'GO-2022-0603',
    '3.0.0-20220521103104-8f96da9f5d5e',
  ],
  ['github.com/gorilla/websocket', '1.4.0', 'CVE-2020-27813', 'GO-2020-0019', '1.4.1'],
]

describe.if(existsSync(GO))('the real records of shared/data/osv/Go', () => {
  it('has the known findings of known modules, and none of the fixed ones', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-go-'))
    try {
      const { steps } = await build({
        data: folder,
        steps: [{ kind: 'whole', ecosystem: 'Go', path: GO, origin: 'Go/all.zip', at: 1 }],
      })
      expect(steps).toEqual([{ ecosystem: 'Go', records: 4291, skipped: 0 }])
      const found = withDatabaseFile(folder, (db) => {
        const matcher = createMatcher(db)
        const rows = (name: string, version: string) => matcher({ id: 1, ecosystem: 'Go', name, version }).matches
        return KNOWN.map(([name, version, vulnerability, advisory, fixed]) => ({
          known: [advisory, fixed],
          found: rows(name, version)
            .filter((each) => each.vulnerability.id === vulnerability)
            .map((each) => [each.advisory, each.fixedVersion]),
          behind: rows(name, fixed).filter((each) => each.vulnerability.id === vulnerability),
        }))
      })
      for (const each of found ?? []) expect(each).toEqual({ known: each.known, found: [each.known], behind: [] })
      expect(found).toHaveLength(KNOWN.length)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 60_000)
})
