import { sql } from 'kysely'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Database } from '../../../src/metadata/db.ts'
import { z } from 'zod'
import { openBeside } from '../../support/rows.ts'
import { unneeded } from '../../faults/support/garbage.ts'
import { fsck, fsckProblems } from '../../faults/support/server.ts'
import type { World } from './world.ts'

async function withDatabase<T>(data: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openBeside(data, systemClock)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

export interface Stored {
  readonly blobs: number
  readonly bytes: number
  readonly manifests: number
  readonly links: number
  readonly deletions: number
  readonly trash: number
}

export const NOTHING: Stored = { blobs: 0, bytes: 0, manifests: 0, links: 0, deletions: 0, trash: 0 }

export function stored(data: string): Promise<Stored> {
  return withDatabase(data, async ({ reader }) => {
    const { rows } = await sql<Stored>`
      select (select count(*) from blobs) as blobs, (select coalesce(sum(size), 0) from blobs) as bytes,
        (select count(*) from manifests) as manifests, (select count(*) from repository_blobs) as links,
        (select count(*) from deletions) as deletions, (select count(*) from trash) as trash`.execute(reader.db)
    const [row] = rows
    if (row === undefined) throw new Error('counting gave no answer')
    return row
  })
}

const SUMMARY = /^(\d+) blobs \((\d+) bytes\), (\d+) manifests/m

/** While nobody asks for anything: fsck finds nothing wrong and has the same figures. */
export async function checkStore(world: World): Promise<void> {
  const report = await fsck(world.service.data)
  for (const problem of fsckProblems(report)) world.problem(problem)
  const { blobs, bytes } = await stored(world.service.data)
  const counted = SUMMARY.exec(report.text)?.slice(1, 3).map(Number)
  if (!Bun.deepEquals(counted, [blobs, bytes])) world.problem(`fsck counts ${counted}, the rows ${blobs},${bytes}`)
  const { orphans } = await unneeded(world.service.data)
  if (orphans.length > 0) world.problem(`objects that nothing names: ${orphans.join()}`)
}

const Usage = z.object({ bytes: z.int() })

/** Invariant 8: what a project is said to use is the sum of its blobs, each once, and of its manifests, those in the recycle bin too. */
export async function checkUsage(world: World): Promise<void> {
  for (const project of ['soak', 'tight']) {
    const { json } = await world.api('GET', `/projects/${project}/usage`)
    const { rows } = await withDatabase(world.service.data, ({ reader }) =>
      sql<{ bytes: number }>`
        select coalesce((
          select sum(size) from blobs where digest in (
            select digest from repository_blobs join repositories on repositories.id = repository_id
            where name like ${`${project}/%`})), 0)
          + coalesce((
          select sum(size) from manifests join repositories on repositories.id = repository_id
          where name like ${`${project}/%`}), 0) as bytes`.execute(reader.db),
    )
    const { bytes } = Usage.parse(json)
    if (bytes !== rows[0]?.bytes) world.problem(`${project} uses ${bytes} bytes, and holds ${rows[0]?.bytes}`)
  }
}

const AuditRow = z.object({
  action: z.string(),
  target: z.string(),
  outcome: z.string(),
  actor: z.object({ name: z.string() }),
})

/** Invariant 18: the chain is whole, and each change of a repository that only one client changes has one row. */
export async function checkAudit(world: World): Promise<void> {
  const verified = await world.service.command('audit', 'verify')
  if (verified.code !== 0) world.problem(`berth audit verify: ${verified.stdout}${verified.stderr}`)
  const exported = await world.service.command('audit', 'export')
  const rows = new Map<string, number>()
  for (const line of exported.stdout.split('\n')) {
    if (line === '') continue
    const { action, target, outcome, actor } = AuditRow.parse(JSON.parse(line))
    if (actor.name !== 'admin' || outcome !== 'done') continue
    const key = `${action} ${target.replace('repository:', '')}`
    rows.set(key, (rows.get(key) ?? 0) + 1)
  }
  for (const [key, changes] of world.changes) {
    const found = rows.get(key) ?? 0
    const unanswered = world.shelves.some(({ isBroken, name }) => isBroken && key.endsWith(` ${name}`)) ? 1 : 0
    if (found < changes || found > changes + unanswered)
      world.problem(`the audit has ${found} rows of ${changes} changes: ${key}`)
  }
}
