import { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { MANIFEST_TYPE } from './data-set.ts'
import {
  groupsOf,
  hexOf,
  imageOf,
  type Plan,
  type SeedBlob,
  type SeedImage,
  small,
  writeHole,
} from './lifecycle-content.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ROWS_OF_TRANSACTION = 50_000

const INSERTS = {
  repository: 'insert into repositories (name, created_at) values (?, ?) returning id',
  blob: 'insert into blobs (digest, size, storage_key, created_at, holders) values (?, ?, ?, ?, 1)',
  content: 'insert into small_blobs (digest, content) values (?, ?)',
  link: 'insert into repository_blobs (repository_id, digest, touched_at, review_at) values (?, ?, ?, ?)',
  manifest: `insert into manifests (repository_id, digest, media_type, size, content, created_at)
    values (?, ?, '${MANIFEST_TYPE}', ?, ?, ?)`,
  name: 'insert into manifest_blobs (repository_id, manifest, digest) values (?, ?, ?)',
  tag: 'insert into tags (repository_id, name, digest, updated_at) values (?, ?, ?, ?)',
  event: `insert into tag_events (repository_id, tag, at, digest, actor, actor_name, reason)
    values (?, ?, ?, ?, 'anonymous', 'anonymous', '')`,
  count: 'update repositories set bytes = bytes + ?2, unique_bytes = unique_bytes + ?2 where id = ?1',
}

/** Writes what pushes would have left into the data folder of a server that has made it and does not run. */
class Seeder {
  readonly #store: string
  readonly #database: Database
  readonly #repositories = new Map<string, number>()
  readonly #bytes = new Map<number, number>()
  readonly #folders = new Set<string>()
  #rows = 0

  constructor(store: string) {
    this.#store = store
    this.#database = new Database(join(store, 'berth.db'), { strict: true })
    this.#database.run('pragma synchronous = off')
    this.#database.run('pragma cache_size = -500000')
    this.#database.run('begin')
  }

  repository(name: string, at: number): number {
    const known = this.#repositories.get(name)
    if (known !== undefined) return known
    const row = this.#database.query<{ id: number }, [string, number]>(INSERTS.repository).get(name, at)
    if (row === null) throw new Error(`${name} was not made`)
    this.#repositories.set(name, row.id)
    return row.id
  }

  /** A blob that this repository alone holds. `reviewAt` null: something needs it. */
  blob(repository: number, blob: SeedBlob, { at, reviewAt }: { at: number; reviewAt: number | null }): void {
    const { digest, size, content } = blob
    this.#insert('blob', digest, size, content === undefined ? this.#object(blob) : null, at)
    if (content !== undefined) this.#insert('content', digest, content)
    this.#insert('link', repository, digest, at, reviewAt)
    this.#bytes.set(repository, (this.#bytes.get(repository) ?? 0) + size)
  }

  image(
    repository: number,
    { digest, manifest, tag }: SeedImage,
    { blobs, at }: { blobs: readonly SeedBlob[]; at: number },
  ): void {
    this.#insert('manifest', repository, digest, manifest.length, manifest, at)
    for (const blob of blobs) this.#insert('name', repository, digest, blob.digest)
    this.#insert('tag', repository, tag, digest, at)
    this.#insert('event', repository, tag, at, digest)
  }

  close(): void {
    for (const [repository, bytes] of this.#bytes) this.#insert('count', repository, bytes)
    this.#database.run('commit')
    this.#database.run('pragma wal_checkpoint(truncate)')
    this.#database.close()
  }

  #insert(into: keyof typeof INSERTS, ...values: (string | number | Uint8Array | null)[]): void {
    this.#database.query(INSERTS[into]).run(...values)
    if (++this.#rows % ROWS_OF_TRANSACTION > 0) return
    this.#database.run('commit')
    this.#database.run('begin')
  }

  /** Returns its storage key. */
  #object({ digest, size }: SeedBlob): string {
    const hex = hexOf(digest)
    const folder = `sha256/${hex.slice(0, 2)}`
    if (!this.#folders.has(folder)) mkdirSync(join(this.#store, 'blobs', folder), { recursive: true })
    this.#folders.add(folder)
    const key = `${folder}/${hex}.seed`
    writeHole(join(this.#store, 'blobs', key), size)
    return key
  }
}

export interface Seeded {
  /** Of the manifests by their tags. */
  readonly paths: readonly string[]
  readonly keptBlobs: number
  readonly keptObjects: number
}

/** Images pushed one after the other two days ago, and as many blobs that nothing names, whose lease is over since then. */
export function seedGarbage(store: string, plan: Plan): Seeded {
  const seeder = new Seeder(store)
  const now = Date.now()
  let at = now - 2 * DAY_MS
  const paths: string[] = []
  const kept = { blobs: 0, objects: 0 }
  for (const { repository: name, blobs, image } of groupsOf(plan)) {
    at += 1000
    const repository = seeder.repository(name, at)
    for (const blob of blobs) seeder.blob(repository, blob, { at, reviewAt: image === undefined ? at + DAY_MS : null })
    if (image === undefined) continue
    seeder.image(repository, image, { blobs, at })
    paths.push(`/v2/${name}/manifests/${image.tag}`)
    kept.blobs += blobs.length
    kept.objects += blobs.filter(({ content }) => content === undefined).length
  }
  seeder.close()
  return { paths, keptBlobs: kept.blobs, keptObjects: kept.objects }
}

/** One repository of many tags, pushed one after the other: each an image with a config of its own and the one layer. Returns the tags. */
export function seedTags(store: string, name: string, count: number): string[] {
  const seeder = new Seeder(store)
  const firstAt = Date.now() - 100 * DAY_MS
  const repository = seeder.repository(name, firstAt)
  const layer = small()
  seeder.blob(repository, layer, { at: firstAt, reviewAt: null })
  const tags: string[] = []
  for (let i = 0; i < count; i++) {
    const at = firstAt + Math.round((i / count) * 99 * DAY_MS)
    const config = small()
    const image = imageOf([config, layer], `v${i}`)
    seeder.blob(repository, config, { at, reviewAt: null })
    seeder.image(repository, image, { blobs: [config, layer], at })
    tags.push(image.tag)
  }
  seeder.close()
  return tags
}
