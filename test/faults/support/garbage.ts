import { sql } from 'kysely'
import { systemClock } from '../../../src/lib/clock.ts'
import { openFilesystemStore } from '../../../src/storage/filesystem.ts'
import { openBeside } from '../../support/rows.ts'
import { contentOf, NoAnswer, send } from './client.ts'
import { imageOf, postBlob, putManifest } from './images.ts'
import { Random } from './random.ts'
import type { World } from './workload.ts'

/** Pushes blobs and images, and deletes them again, until the server is gone or it is told to stop. */
export async function makeGarbage(world: World, running: { readonly stop: boolean }): Promise<void> {
  const random = new Random(world.seed * 17)
  try {
    while (!running.stop) await pushAndDelete(world, random)
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
  }
}

/** Half of the contents are in rows, half in files. */
async function pushAndDelete({ url, history, repositories }: World, random: Random): Promise<void> {
  const repository = random.pick(repositories)
  const blob = contentOf(random.bytes(random.chance(0.5) ? random.between(20, 16_000) : random.between(17_000, 60_000)))
  const key = `blob ${repository} ${blob.digest}`
  const change = async (what: string, changes: readonly string[], ask: () => Promise<{ readonly status: number }>) => {
    const value = what === 'delete' ? undefined : 'pushed'
    const digestIn = (at: string) => (value === undefined ? undefined : at.split(' ')[2])
    const end = history.begin(
      `garbage: ${what}`,
      changes.map((at) => ({ key: at, value: digestIn(at) })),
    )
    const { status } = await ask()
    if (status !== 201 && status !== 202) throw new Error(`garbage: ${what} in ${repository}: ${status}`)
    end('done')
  }
  await change('push', [key], () => postBlob(url, repository, blob))
  if (random.chance(0.5)) {
    const image = imageOf(blob)
    const changed = [`manifest ${repository} ${image.digest}`]
    const path = `/v2/${repository}/manifests/${image.digest}`
    await change('push', changed, () => putManifest(url, repository, image.digest, image))
    await change('delete', changed, () => send(url, 'DELETE', path))
  }
  await change('delete', [key], () => send(url, 'DELETE', `/v2/${repository}/blobs/${blob.digest}`))
}

export interface Unneeded {
  /** Blobs that no repository holds and no manifest names. */
  readonly blobs: number
  readonly trash: number
  /** In the recycle bin. */
  readonly deletions: number
  /** Objects that no blob names and that are not in the trash. */
  readonly orphans: readonly string[]
}

export const NOTHING_UNNEEDED: Unneeded = { blobs: 0, trash: 0, deletions: 0, orphans: [] }

/** What is stored and needed by nothing; safe beside a running server. */
export async function unneeded(dataDir: string): Promise<Unneeded> {
  const database = await openBeside(dataDir, systemClock)
  try {
    const { db } = database.reader
    const { rows } = await sql<Omit<Unneeded, 'orphans'>>`
      select
        (select count(*) from blobs
          where not exists (select 1 from repository_blobs where repository_blobs.digest = blobs.digest)
            and not exists (select 1 from manifest_blobs where manifest_blobs.digest = blobs.digest)
            and not exists (select 1 from manifest_children where child = blobs.digest)) as blobs,
        (select count(*) from trash) as trash, (select count(*) from deletions) as deletions`.execute(db)
    const known = await sql<{ key: string }>`
      select storage_key as key from blobs where storage_key is not null union select storage_key from trash`.execute(
      db,
    )
    const keys = new Set(known.rows.map(({ key }) => key))
    const orphans: string[] = []
    for await (const { key } of openFilesystemStore(dataDir).list())
      if (!key.startsWith('recovery/') && !keys.has(key)) orphans.push(key)
    const [row] = rows
    if (row === undefined) throw new Error('counting gave no answer')
    return { ...row, orphans }
  } finally {
    await database.close()
  }
}
