import { Database } from 'bun:sqlite'
import { randomBytes } from 'node:crypto'
import { constants, copyFileSync, createReadStream, existsSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { BuildJob, BuildResult, BuildStep, StepResult } from './build-job.ts'
import { lockBuilding, removeLeftovers, temporaryPath } from './build-lock.ts'
import { createTables, databasePath, hasFormat } from './database-file.ts'
import { findOsvRecord } from './osv-record.ts'
import { type RecordWriter, recordWriter } from './write-records.ts'
import { BadExport, zipRecords } from './zip-records.ts'

/** Another build may be under way: one of a command beside the server's. */
const LOCK_WAIT_MS = 30 * 60_000
/** More of them than that, and it is no export of OSV. */
const MAX_SKIPPED_SHARE = 0.1

/**
 * Builds new data beside that which is there, and puts it in its place at once: whoever reads goes on with the old one,
 * and whatever happens in between leaves that. A step that fails changes nothing, and the others count.
 *
 * Meant for a process of its own: it computes without a break.
 */
export async function build({ data, steps }: BuildJob): Promise<BuildResult> {
  const release = lockBuilding(data, LOCK_WAIT_MS)
  try {
    removeLeftovers(data)
    const path = databasePath(data)
    const temporary = temporaryPath(data)
    try {
      return await buildInto(temporary, path, steps)
    } finally {
      rmSync(temporary, { force: true })
    }
  } finally {
    release()
  }
}

async function buildInto(temporary: string, path: string, steps: readonly BuildStep[]): Promise<BuildResult> {
  const db = openCopy(path, temporary)
  const results: StepResult[] = []
  let version: string | undefined
  try {
    const writer = recordWriter(db)
    for (const step of steps) results.push(await tryStep(db, writer, step))
    if (results.some(({ problem }) => problem === undefined)) version = finish(db, writer)
  } finally {
    db.close()
  }
  if (version === undefined) return { steps: results }
  await swap(temporary, path)
  return { version, steps: results }
}

function openCopy(path: string, temporary: string): Database {
  if (existsSync(path)) {
    copyFileSync(path, temporary, constants.COPYFILE_FICLONE)
    const copy = new Database(temporary, { strict: true })
    const isUsable = hasFormat(copy)
    copy.close()
    if (isUsable) return openForBuilding(temporary)
    rmSync(temporary)
  }
  const db = openForBuilding(temporary)
  createTables(db)
  return db
}

/** Nobody reads it before it is whole, so nothing has to be safe before that. */
function openForBuilding(path: string): Database {
  const db = new Database(path, { create: true, strict: true })
  db.run('pragma synchronous = off')
  db.run('pragma journal_mode = delete')
  db.run('pragma cache_size = -131072')
  return db
}

async function tryStep(db: Database, writer: RecordWriter, step: BuildStep): Promise<StepResult> {
  const { ecosystem } = step
  db.run('begin')
  try {
    const counts = await runStep(db, writer, step)
    db.run('commit')
    return { ecosystem, ...counts }
  } catch (error) {
    db.run('rollback')
    if (!(error instanceof BadExport)) throw error
    return { ecosystem, records: 0, skipped: 0, problem: `the export of ${ecosystem}: ${error.message}` }
  }
}

async function runStep(db: Database, writer: RecordWriter, step: BuildStep) {
  const { kind, ecosystem, path } = step
  if (kind === 'whole') writer.removeAll(ecosystem)
  if (kind === 'changes') for (const id of step.removed) writer.remove(id, ecosystem)
  const counts = { records: 0, skipped: 0 }
  let newest = 0
  for await (const text of kind === 'whole' ? zipRecords(path) : lines(path)) {
    const record = findOsvRecord(text)
    if (record === undefined) {
      counts.skipped++
      continue
    }
    writer.put(record, ecosystem)
    counts.records++
    // One from the future would hide all that comes until then.
    newest = Math.max(newest, Math.min(Date.parse(record.modified), step.at))
  }
  const total = counts.records + counts.skipped
  if (kind === 'whole' && total === 0) throw new BadExport('there is no record in it')
  if (counts.skipped > total * MAX_SKIPPED_SHARE)
    throw new BadExport(`${counts.skipped} of its ${total} records are not such as OSV writes`)
  saveSource(db, step, newest, counts.skipped)
  return counts
}

function saveSource(db: Database, { kind, ecosystem, at, origin, etag }: BuildStep, newest: number, skipped: number) {
  const count = countAffecting(db, ecosystem)
  if (kind === 'whole' && count === 0) throw new BadExport(`nothing in it is about packages of ${ecosystem}`)
  if (kind === 'whole') {
    db.query('delete from sources where ecosystem = ?').run(ecosystem)
    db.query(
      'insert into sources (ecosystem, records, updated_at, newest_at, origin, etag, skipped) values (?, ?, ?, ?, ?, ?, ?)',
    ).run(ecosystem, count, at, newest, origin, etag ?? null, skipped)
    return
  }
  const { changes } = db.query('update sources set records = ? where ecosystem = ?').run(count, ecosystem)
  if (changes === 0) throw new BadExport(`there is no data of ${ecosystem} yet that records could be added to`)
  if (kind === 'additions') return
  db.query(
    'update sources set updated_at = ?, newest_at = max(coalesce(newest_at, 0), ?), origin = ?, etag = null where ecosystem = ?',
  ).run(at, newest, origin, ecosystem)
}

function countAffecting(db: Database, ecosystem: string): number {
  const row = db
    .query<{ count: number }, [string]>(
      'select count(distinct record_id) as count from affected where ecosystem_id in (select id from ecosystems where base = ?)',
    )
    .get(ecosystem)
  return row?.count ?? 0
}

function finish(db: Database, writer: RecordWriter): string {
  const version = `${new Date().toISOString()}-${randomBytes(3).toString('hex')}`
  db.run('begin')
  writer.tidy()
  // Counting is for here: who asks for the status serves.
  db.query('update meta set version = ?, records = (select count(*) from records)').run(version)
  db.run('commit')
  db.run('analyze')
  return version
}

async function* lines(path: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(path) })) if (line !== '') yield line
}

async function swap(temporary: string, path: string): Promise<void> {
  await sync(temporary)
  await rename(temporary, path)
  await sync(dirname(path))
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
