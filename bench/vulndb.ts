// `bun bench/vulndb.ts [records packages]`: how long building vulnerability data takes, and matching the packages of
// very many images against it: 10,000 images have some 60,000 distinct packages. What is made up is as uneven as the
// real thing: a kernel has thousands of records, most packages have none.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../src/lib/clock.ts'
import type { PackageRow } from '../src/vulndb/package-row.ts'
import { importVulnerabilityData } from '../src/vulndb/import.ts'
import { openVulndb } from '../src/vulndb/vulndb.ts'
import { affects, type OsvFixture, osvExport } from '../test/support/osv-export.ts'

const PROGRAM = [process.execPath, join(import.meta.dir, '../src/main.ts')] as const
const VECTOR = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:'
const PAGE = 1000

const [records = 60_000, packages = 60_000] = process.argv.slice(2).map(Number)
const base = process.env.BERTH_BENCH_DIR ?? join(import.meta.dir, '../data/bench')
const dir = join(base, `vulndb-${process.pid}`)
const data = join(dir, 'data')
mkdirSync(data, { recursive: true })
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))

/** Always the same ones. */
let seed = 1
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
  return seed % below
}

const DISTRIBUTION = ['Debian:11', 'Debian:12', 'Debian:13']
const LANGUAGES = ['npm', 'PyPI', 'Go', 'Maven'] as const

/** The kernel has every tenth. */
function debianRecord(number: number): OsvFixture {
  const cve = `CVE-2020-${10_000 + number}`
  const name = number % 10 === 0 ? 'linux' : `source-${random(3000)}`
  const affected = DISTRIBUTION.map((release) => affects(release, name, `${random(6)}.${random(30)}.${random(99)}-1`))
  return { id: `DEBIAN-${cve}`, upstream: [cve], details: 'Something. '.repeat(20), affected, ...common(number) }
}

function languageRecord(ecosystem: string, number: number): OsvFixture {
  const affected = [affects(ecosystem, nameOf(ecosystem, random(4000)), `${random(5)}.${random(30)}.${random(20)}`)]
  const aliases = [`CVE-2021-${10_000 + number}`]
  return { id: `GHSA-${ecosystem}-${number}`, aliases, affected, details: 'Something. '.repeat(50), ...common(number) }
}

function common(number: number) {
  return {
    summary: `What is wrong in ${number}`,
    severity: [{ type: 'CVSS_V3', score: `${VECTOR}${'HLN'[number % 3]}` }],
    references: [{ type: 'WEB', url: `https://advisories.example/${number}` }],
  }
}

function nameOf(ecosystem: string, number: number): string {
  return ecosystem === 'Maven' ? `org.group:artifact-${number}` : `package-${number}`
}

/** A quarter of a distribution; every five hundredth is a kernel. */
function packageRow(id: number): PackageRow {
  const version = `${random(6)}.${random(30)}.${random(99)}`
  if (id % 4 === 0) {
    const name = id % 500 === 0 ? 'linux' : `source-${random(6000)}`
    return { id, ecosystem: DISTRIBUTION[id % 3] ?? '', name, version: `${version}-1` }
  }
  const ecosystem = LANGUAGES[id % LANGUAGES.length] ?? 'npm'
  return { id, ecosystem, name: nameOf(ecosystem, random(20_000)), version }
}

async function* pages(): AsyncGenerator<readonly PackageRow[]> {
  for (let at = 0; at < packages; at += PAGE)
    yield Array.from({ length: Math.min(PAGE, packages - at) }, (_, index) => packageRow(at + index))
}

const peak = { child: 0, own: 0 }
const watching = setInterval(() => {
  peak.own = Math.max(peak.own, process.memoryUsage.rss())
  for (const pid of childrenOf(process.pid)) peak.child = Math.max(peak.child, residentBytes(pid))
}, 50)

function childrenOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    try {
      return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((word) => word !== '')
    } catch {
      return []
    }
  })
}

function residentBytes(pid: string): number {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function say(what: string, text: string): void {
  process.stdout.write(`${what.padEnd(10)} ${text}\n`)
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`
}

const half = Math.floor(records / 2)
await save(
  'Debian',
  Array.from({ length: half }, (_, i) => debianRecord(i)),
)
for (const ecosystem of LANGUAGES)
  await save(
    ecosystem,
    Array.from({ length: Math.floor(half / 4) }, (_, i) => languageRecord(ecosystem, i)),
  )

async function save(ecosystem: string, list: readonly OsvFixture[]): Promise<void> {
  mkdirSync(join(dir, 'mirror', ecosystem), { recursive: true })
  await writeFile(join(dir, 'mirror', ecosystem, 'all.zip'), osvExport(list))
}

const builtFrom = performance.now()
await importVulnerabilityData({ data, program: PROGRAM, clock: systemClock }, { path: join(dir, 'mirror') })
const built = (performance.now() - builtFrom) / 1000
const { records: kept } = await openVulndb({ data }).status()
const size = statSync(join(data, 'vulnerabilities.db')).size
say('building', `${kept} records in ${built.toFixed(1)} s, ${mib(size)}, at most ${mib(peak.child)} of memory`)

peak.child = 0
const matchedFrom = performance.now()
let matches = 0
let longest = 0
let last = performance.now()
const ticking = setInterval(() => {
  longest = Math.max(longest, performance.now() - last - 10)
  last = performance.now()
}, 10)
for await (const answer of openVulndb({ data, program: PROGRAM }).match(pages())) matches += answer.matches.length
clearInterval(ticking)
clearInterval(watching)
const matched = (performance.now() - matchedFrom) / 1000
say(
  'matching',
  `${packages} packages, ${matches} matches in ${matched.toFixed(1)} s; at most ${mib(peak.child)} there, ${mib(peak.own)} here; this process was busy for ${longest.toFixed(0)} ms at most`,
)
