// `bun bench/rematch.ts [images] [packages of each]`: what it takes to match everything again after new vulnerability
// data, without reading a layer: by default 10,000 images of 200 packages. The data are the records of ../shared/data,
// of which about half of the packages are. Images share 100 bases and 500 apps.
import { Database as SqliteDatabase } from 'bun:sqlite'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createApp } from '../src/app.ts'
import { loadConfig } from '../src/config/load.ts'
import { ensurePackages, type PackageRow, saveImage } from '../src/inventory/store.ts'
import { systemClock } from '../src/lib/clock.ts'
import { importVulnerabilityData } from '../src/vulndb/import.ts'
import { openVulndb } from '../src/vulndb/vulndb.ts'
import { matchPackages } from '../src/scanning/match-packages.ts'
import type { Digest } from '../src/oci/digest.ts'

const DATA = resolve(import.meta.dir, '../../shared/data/osv')
const [images = '10000', each = '200'] = process.argv.slice(2)
const IMAGES = Number(images)
const PACKAGES = Number(each)
const BASES = 100
const APPS = 500
const SHARED = Math.floor(PACKAGES * 0.75)
const APP = Math.floor(PACKAGES * 0.95)

if (!existsSync(DATA)) {
  console.log('skipped: there are no records at ../shared/data/osv')
  process.exit()
}

const data = mkdtempSync(join(tmpdir(), 'berth-rematch-'))
const program: [string, ...string[]] = [process.execPath, resolve(import.meta.dir, '../src/main.ts')]
const silent = { enabled: () => false, debug() {}, info() {}, warn() {}, error: console.error }
const { config } = await loadConfig({ environment: {}, flags: { data, scanning: { enabled: false } } })
const app = await createApp({ config, clock: systemClock, log: silent, instance: 'bench', onBroken: console.error })
const { database, registry } = { database: app.database, registry: app.registry }
const vulndb = openVulndb({ data, program })
const { signal } = new AbortController()

try {
  await bring(DATA)
  const names = await knownNames()
  console.log(`${IMAGES} images of ${PACKAGES} packages, ${names.length} names with records`)
  await fill(names)
  await measure('the first match')
  await measure('nothing new')
  const copy = join(data, 'again')
  mkdirSync(copy)
  cpSync(DATA, copy, { recursive: true })
  await bring(copy)
  await measure('new data, which says the same')
} finally {
  await app.close()
  rmSync(data, { recursive: true, force: true })
}

async function bring(path: string): Promise<void> {
  const startedAt = performance.now()
  await importVulnerabilityData({ data, program, clock: systemClock }, { path })
  console.log(`data imported: ${seconds(startedAt)}`)
}

async function measure(what: string): Promise<void> {
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const { packages, changed } = await matchPackages({ registry, vulndb }, signal)
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpu = ((user + system) / 1e6).toFixed(1)
  console.log(`${what}: ${seconds(startedAt)} (${cpu} s of this process), ${packages} packages, ${changed} changed`)
}

/** Modules of which the records speak, with a version that some record is about. */
async function knownNames(): Promise<string[]> {
  const file = new SqliteDatabase(join(data, 'vulnerabilities.db'), { readonly: true })
  const names = file.query<{ name: string }, []>('select distinct package as name from affected order by name').all()
  file.close()
  return names.map(({ name }) => name)
}

async function fill(names: readonly string[]): Promise<void> {
  const startedAt = performance.now()
  for (let image = 0; image < IMAGES; image++) {
    const rows = Array.from({ length: PACKAGES }, (_, index) => packageOf(names, image, index))
    await database.writeRelaxed(async (tx) => {
      const packages = await ensurePackages(tx, rows)
      const digest = `sha256:${image.toString(16).padStart(64, '0')}` as Digest
      await saveImage(
        tx,
        {
          digest,
          state: 'complete',
          facts: { reasons: [], labels: {}, layers: [] },
          packages,
          content: new Uint8Array(),
        },
        new Date(),
      )
    })
  }
  console.log(`filled: ${seconds(startedAt)}`)
}

/** Three quarters come with the base, a fifth with the app, the rest is of this very image. */
function packageOf(names: readonly string[], image: number, index: number): PackageRow {
  const from = index < SHARED ? image % BASES : index < APP ? 1000 + (image % APPS) : 10_000 + image
  const pick = from * 37 + index * 11
  const name = index % 2 === 0 ? (names[pick % names.length] ?? 'stdlib') : `example.test/module-${pick % 20_000}`
  const version = `1.${pick % 40}.${from % 97}`
  const ecosystem = { ecosystem: 'Go', advisoryName: name, advisoryVersion: version }
  return { purl: `pkg:golang/${name}@v${version}`, type: 'golang', name, version, ...ecosystem }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
