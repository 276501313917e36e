import { Database } from 'bun:sqlite'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Seeded } from './lifecycle-seed.ts'

export interface Collected {
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

const POLL_MS = 100
const LIMIT_MS = 2 * 3_600_000

/** Waits until the server has begun to collect, and until nothing is left. Each look costs two or three index entries. */
export async function awaitCollection(store: string): Promise<Collected> {
  const database = new Database(join(store, 'berth.db'), { readonly: true })
  try {
    const [first] = database.query<{ digest: string }, []>(FIRST_DUE).all()
    if (first === undefined) throw new Error('there is nothing to collect')
    const { digest } = first
    const isThere = database.query<{ found: number }, [string]>(IS_HELD)
    await until(() => isThere.get(digest)?.found === 0)
    const from = Date.now()
    const isLeft = database.query<{ found: number }, []>(IS_LEFT)
    await until(() => isLeft.get()?.found === 0)
    return { from, to: Date.now() }
  } finally {
    database.close()
  }
}

/**
 * A server that has just been given so much says all of it once in its recovery log. That belongs to nothing we measure:
 * waits until it is done.
 */
export async function awaitSettled(store: string): Promise<void> {
  const database = new Database(join(store, 'berth.db'), { readonly: true })
  const isSaid = database.query<{ found: number }, []>(IS_SAID)
  await until(() => isSaid.get()?.found === 1).finally(() => database.close())
}

const IS_SAID = `select exists (
  select 1 from job_state where name = 'recovery' and json_extract(state, '$.checkpointBytes') is not null) as found`
const FIRST_DUE = 'select digest from repository_blobs where review_at is not null order by review_at limit 1'
const IS_HELD = 'select exists (select 1 from repository_blobs where digest = ?) as found'
const IS_LEFT = `select exists (select 1 from repository_blobs where review_at is not null)
  or exists (select 1 from blobs where review_at is not null) or exists (select 1 from trash) as found`

async function until(isReached: () => boolean): Promise<void> {
  for (const startedAt = Date.now(); !isReached(); await Bun.sleep(POLL_MS)) {
    if (Date.now() - startedAt > LIMIT_MS) throw new Error('what the server does in the background did not end')
  }
}

const COUNTS = `select
  (select count(*) from blobs) as blobs,
  (select count(*) from small_blobs) as contents,
  (select count(*) from repository_blobs) as links,
  (select count(distinct digest) from manifest_blobs) as named,
  (select sum(bytes) from repositories) as bytes,
  (select sum(unique_bytes) from repositories) as uniqueBytes,
  (select sum(size) from blobs) as storedBytes`

interface Counts {
  readonly blobs: number
  readonly contents: number
  readonly links: number
  readonly named: number
  readonly bytes: number
  readonly uniqueBytes: number
  readonly storedBytes: number
}

/** All that is in use is still there and nothing else, in rows and in files, and the counters say so. @throws Error */
export function verifyCollected(store: string, { keptBlobs, keptObjects }: Seeded): void {
  const database = new Database(join(store, 'berth.db'), { readonly: true })
  const found = database.query<Counts, []>(COUNTS).get()
  database.close()
  const stored = found?.storedBytes ?? 0
  const wanted: Counts = {
    ...{ blobs: keptBlobs, contents: keptBlobs - keptObjects, links: keptBlobs, named: keptBlobs },
    ...{ bytes: stored, uniqueBytes: stored, storedBytes: stored },
  }
  const text = JSON.stringify(found)
  if (text !== JSON.stringify(wanted)) throw new Error(`after the collection there is ${text}, not what is in use`)
  const files = countFiles(join(store, 'blobs/sha256'))
  if (files !== keptObjects) throw new Error(`after the collection there are ${files} files, not ${keptObjects}`)
}

export function countFiles(folder: string): number {
  let files = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    files += entry.isDirectory() ? countFiles(join(folder, entry.name)) : 1
  }
  return files
}
