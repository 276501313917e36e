import { expect } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openMoveSource } from '../../../src/metadata/move-ends.ts'
import { type Row, TABLES } from '../../../src/metadata/table-list.ts'
import type { Registry } from '../../conformance/support/client.ts'
import { check } from '../../conformance/support/check.ts'
import * as m from '../../conformance/support/manifests.ts'
import { databaseFor } from '../../support/postgres.ts'
import { type RunningRegistry, startRegistry } from '../../support/registry.ts'
import { berth, type CommandResult } from './command.ts'
import type { Image } from './images.ts'
import { type Headers, registryAt } from './server.ts'

/** Where a registry is: SQLite unless it has a database, files unless it has a storage. */
export interface Place {
  readonly data: string
  readonly database?: string
  readonly storage?: string
}

export interface Places {
  /** Another folder each time. */
  folder(): string
  /** An empty PostgreSQL database, another one each time. */
  database(): Promise<string>
  start(place: Place, always?: Headers): Promise<Registry & { readonly running: RunningRegistry }>
}

/** Lends places; whatever was started there is killed afterwards. */
export async function withPlaces(work: (places: Places) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'berth-moving-'))
  const started: RunningRegistry[] = []
  let count = 0
  try {
    await work({
      folder: () => join(root, `data-${count++}`),
      database: () => databaseFor(`${root} ${count++}`),
      start: async (place, always) => {
        const running = await startRegistry({ dataDir: place.data, args: addressOf(place) })
        started.push(running)
        return { ...registryAt(running.url, always), running }
      },
    })
  } finally {
    for (const running of started) await running.close()
    await rm(root, { recursive: true, force: true })
  }
}

function addressOf({ database, storage }: Place): string[] {
  return [
    ...(database === undefined ? [] : ['--database', database]),
    ...(storage === undefined ? [] : ['--storage', storage]),
  ]
}

/** What makes a command work there. */
export function at(place: Place): string[] {
  return ['--data', place.data, ...addressOf(place)]
}

/** Runs a command there, which must end well; its output without the end of line. */
export async function run(place: Place, words: readonly string[], input = ''): Promise<string> {
  const result = await berth([...words, ...at(place)], { input })
  if (result.code !== 0) throw new Error(`berth ${words.join(' ')}: ${result.stderr}${result.stdout}`)
  return result.stdout.trimEnd()
}

export function migrate(
  from: Place,
  to: Place,
  { failpoint, more = [] }: { readonly failpoint?: string; readonly more?: readonly string[] } = {},
): Promise<CommandResult> {
  const env = failpoint === undefined ? {} : { BERTH_TEST_FAILPOINTS: `${failpoint}=kill` }
  return berth(['migrate', ...at(from), ...newHomeOf(from, to), '--json', ...more], { env })
}

function newHomeOf(from: Place, to: Place): string[] {
  const isSameFolder = from.data === to.data
  const database = to.database ?? `sqlite:${to.data}`
  const storage = to.storage ?? `file:${to.data}`
  const databaseStays = from.database === to.database && (to.database !== undefined || isSameFolder)
  const storageStays = from.storage === to.storage && (to.storage !== undefined || isSameFolder)
  return [...(databaseStays ? [] : ['--to-database', database]), ...(storageStays ? [] : ['--to-storage', storage])]
}

export interface Summary {
  readonly rows: number
  readonly rowsInSwitch: number
  readonly switchMs: number
  readonly copied: number
  readonly objects: number
  readonly start: string
}

export function summaryOf({ code, stdout, stderr }: CommandResult): Summary {
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** Every row of every table, with bytes as hex; what a move itself writes is left out. */
export async function rowsOf(place: Place): Promise<Record<string, readonly string[]>> {
  const source = await openMoveSource(place)
  const tables: Record<string, readonly string[]> = {}
  await source.withSnapshot(async ({ tables: reader }) => {
    for (const table of TABLES) {
      const rows = await reader.read(table, {}, 100_000)
      const columns = (await reader.columnsOf(table)).map(({ name }) => name)
      tables[table.name] = rows.map((row) => textOf(row)).filter((text) => !isOfMove(table.name, columns, text))
    }
    tables.counters = [...(await reader.counters())]
      .filter(([name]) => name !== 'audit_inbox')
      .map(([name, value]) => `${name} ${value}`)
      .sort()
  })
  return tables
}

function textOf(row: Row): string {
  return JSON.stringify(row.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)))
}

const OF_JOBS = /"(?:move|move-plan|recovery|sweep|scrub)"/

function isOfMove(table: string, _columns: readonly string[], text: string): boolean {
  return (table === 'job_state' && OF_JOBS.test(text)) || (table.startsWith('audit') && text.includes('registry.moved'))
}

export async function checkPulls(registry: Registry, name: string, images: ReadonlyMap<string, Image>): Promise<void> {
  for (const [tag, { manifest, layer, config }] of images) {
    check(await registry.send('GET', m.manifestPath(name, tag)), { status: 200, body: manifest.bytes })
    for (const { digest, bytes } of [layer, config])
      check(await registry.send('GET', `/v2/${name}/blobs/${digest}`), { status: 200, body: bytes })
  }
}

export async function fsckIsClean(place: Place): Promise<void> {
  expect(await run(place, ['fsck'])).toContain('; 0 errors')
}
