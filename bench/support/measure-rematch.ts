import { Database as SqliteDatabase } from 'bun:sqlite'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type App, createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import { ensurePackages, type PackageRow, saveImage } from '../../src/inventory/store.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/observability/log.ts'
import type { Digest } from '../../src/oci/digest.ts'
import { matchPackages } from '../../src/scanning/match-packages.ts'
import { importVulnerabilityData } from '../../src/vulndb/import.ts'
import { openVulndb } from '../../src/vulndb/vulndb.ts'

/** Real records. */
export const RECORDS = resolve(import.meta.dir, '../../../shared/data/osv')
export const hasRecords = () => existsSync(RECORDS)

const PROGRAM: [string, ...string[]] = [process.execPath, resolve(import.meta.dir, '../../src/main.ts')]
const BASES = 100
const APPS = 500

export interface Rematch {
  readonly packages: number
  /** Everything is matched for the first time. */
  readonly firstMs: number
  readonly changed: number
  /** New data, which says the same. */
  readonly againMs: number
}

/** Fills a registry with inventories of images, and matches them with two sets of data. Half of the packages have records. */
export async function measureRematch(data: string, images: number, packagesEach: number): Promise<Rematch> {
  const config = parseConfig({ data, scanning: { enabled: false } })
  const log = createLog({ level: 'error', now: () => new Date(), write: (line) => void process.stderr.write(line) })
  const app = await createApp({ config, clock: systemClock, log, instance: 'bench', onBroken: console.error })
  try {
    await bring(data, RECORDS)
    await fill(app, knownNames(data), { images, packagesEach })
    const first = await match(app, data)
    const copy = join(data, 'again')
    mkdirSync(copy)
    cpSync(RECORDS, copy, { recursive: true })
    await bring(data, copy)
    const again = await match(app, data)
    return { packages: first.packages, firstMs: first.ms, changed: first.changed, againMs: again.ms }
  } finally {
    await app.close()
  }
}

async function bring(data: string, path: string): Promise<void> {
  await importVulnerabilityData({ data, program: PROGRAM, clock: systemClock }, { path })
}

async function match({ registry }: App, data: string) {
  const startedAt = performance.now()
  const vulndb = openVulndb({ data, program: PROGRAM })
  const run = await matchPackages({ registry, vulndb }, new AbortController().signal)
  return { ...run, ms: performance.now() - startedAt }
}

/** Modules of which the records speak. */
function knownNames(data: string): string[] {
  const file = new SqliteDatabase(join(data, 'vulnerabilities.db'), { readonly: true })
  const names = file.query<{ name: string }, []>('select distinct package as name from affected order by name').all()
  file.close()
  return names.map(({ name }) => name)
}

interface Amount {
  readonly images: number
  readonly packagesEach: number
}

async function fill({ database }: App, names: readonly string[], { images, packagesEach }: Amount): Promise<void> {
  for (let image = 0; image < images; image++) {
    const rows = Array.from({ length: packagesEach }, (_, index) => packageOf(names, image, index / packagesEach))
    await database.writeRelaxed(async (tx) => {
      const packages = await ensurePackages(tx, rows)
      const digest = `sha256:${image.toString(16).padStart(64, '0')}` as Digest
      const facts = { reasons: [], labels: {}, layers: [] }
      await saveImage(tx, { digest, state: 'complete', facts, packages, content: new Uint8Array() }, new Date())
    })
  }
}

/** Three quarters come with the base, a fifth with the app, the rest is of this very image. */
function packageOf(names: readonly string[], image: number, share: number): PackageRow {
  const from = share < 0.75 ? image % BASES : share < 0.95 ? 1000 + (image % APPS) : 10_000 + image
  const pick = from * 37 + Math.round(share * 2200)
  const name = pick % 2 === 0 ? (names[pick % names.length] ?? 'stdlib') : `example.test/module-${pick % 20_000}`
  const version = `1.${pick % 40}.${from % 97}`
  const ecosystem = { ecosystem: 'Go', advisoryName: name, advisoryVersion: version }
  return { purl: `pkg:golang/${name}@v${version}`, type: 'golang', name, version, ...ecosystem }
}
