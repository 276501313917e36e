import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { Digest } from '../oci/digest.ts'
import { compressText, decompressText } from './codec.ts'
import type { ImageFacts, InventoryState, LocatedPackage } from './image-inventory.ts'
import { ANALYZER_VERSION } from './layer-inventory.ts'

/** An image whose inventory is known. */
export interface StoredImage {
  readonly id: number
  readonly digest: Digest
  readonly state: InventoryState
  readonly facts: ImageFacts
  /** How many packages it has. */
  readonly packages: number
  readonly analyzedAt: Date
  /** Made by the analyzers of today. */
  readonly isCurrent: boolean
}

export interface NewImage {
  readonly digest: Digest
  readonly state: InventoryState
  readonly facts: ImageFacts
  /** Ids of rows of `packages`. */
  readonly packages: readonly number[]
  /** As `packPackages` makes it. */
  readonly content: Uint8Array
}

/** A package as it stands in its row. */
export interface PackageRow {
  readonly purl: string
  readonly type: string
  readonly name: string
  readonly version: string
  /** Empty: no advisories speak of it. */
  readonly ecosystem: string
  readonly advisoryName: string
  readonly advisoryVersion: string
}

const imageBy = prepare<
  { digest: Digest },
  {
    id: number
    digest: Digest
    analyzer: number
    state: string
    facts: string
    packages: number
    analyzed_at: number
  }
>((db, parameter) =>
  db
    .selectFrom('images')
    .select(['id', 'digest', 'analyzer', 'state', 'facts', 'packages', 'analyzed_at'])
    .where('digest', '=', parameter('digest')),
)

const contentBy = prepare<{ image: number }, { content: Uint8Array }>((db, parameter) =>
  db.selectFrom('images').select('content').where('id', '=', parameter('image')),
)

export async function findImage(executor: Executor, digest: Digest): Promise<StoredImage | undefined> {
  const [row] = await imageBy(executor, { digest })
  return (
    row && {
      ...{ id: row.id, digest: row.digest, packages: row.packages },
      state: row.state as InventoryState,
      facts: JSON.parse(row.facts) as ImageFacts,
      analyzedAt: new Date(row.analyzed_at),
      isCurrent: row.analyzer === ANALYZER_VERSION,
    }
  )
}

/** The packages of an image, and where they lie. */
export async function readPackages(executor: Executor, image: number): Promise<LocatedPackage[]> {
  const [row] = await contentBy(executor, { image })
  return row === undefined ? [] : (JSON.parse(decompressText(row.content)) as LocatedPackage[])
}

export function packPackages(packages: readonly LocatedPackage[]): Uint8Array {
  return compressText(JSON.stringify(packages))
}

/** Few enough for one statement of either engine. */
const AT_ONCE = 100

/** The rows of packages, made where they are not there yet; their ids in the same order. */
export async function ensurePackages(tx: Transaction, packages: readonly PackageRow[]): Promise<number[]> {
  const ids: number[] = []
  for (let start = 0; start < packages.length; start += AT_ONCE)
    ids.push(...(await ensureSome(tx, packages.slice(start, start + AT_ONCE))))
  return ids
}

async function ensureSome(tx: Transaction, packages: readonly PackageRow[]): Promise<number[]> {
  const known = await idsOf(tx, packages)
  const missing = packages.filter((each) => !known.has(keyOf(each)))
  if (missing.length > 0) {
    await tx.db
      .insertInto('packages')
      .values(
        missing.map(({ advisoryName, advisoryVersion, ...rest }) => ({
          ...rest,
          advisory_name: advisoryName,
          advisory_version: advisoryVersion,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    for (const [key, id] of await idsOf(tx, missing)) known.set(key, id)
  }
  return packages.flatMap((each) => known.get(keyOf(each)) ?? [])
}

async function idsOf(tx: Transaction, packages: readonly PackageRow[]): Promise<Map<string, number>> {
  const purls = [...new Set(packages.map(({ purl }) => purl))]
  const rows = await tx.db
    .selectFrom('packages')
    .select(['id', 'purl', 'ecosystem', 'advisory_name as advisoryName', 'advisory_version as advisoryVersion'])
    .where('purl', 'in', purls)
    .execute()
  return new Map(rows.map((row) => [keyOf(row), row.id]))
}

function keyOf(row: Pick<PackageRow, 'purl' | 'ecosystem' | 'advisoryName' | 'advisoryVersion'>): string {
  return JSON.stringify([row.purl, row.ecosystem, row.advisoryName, row.advisoryVersion])
}

/** Takes the place of what was known of the image before. */
export async function saveImage(tx: Transaction, image: NewImage, now: Date): Promise<void> {
  const packages = [...new Set(image.packages)]
  const row = {
    ...{ analyzer: ANALYZER_VERSION, state: image.state, facts: JSON.stringify(image.facts), content: image.content },
    ...{ packages: packages.length, analyzed_at: now.getTime() },
  }
  const { id } = await tx.db
    .insertInto('images')
    .values({ digest: image.digest, ...row })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
    .returning('id')
    .executeTakeFirstOrThrow()
  await tx.db.deleteFrom('image_packages').where('image_id', '=', id).execute()
  for (let start = 0; start < packages.length; start += AT_ONCE * 4) {
    const some = packages.slice(start, start + AT_ONCE * 4)
    await tx.db
      .insertInto('image_packages')
      .values(some.map((packageId) => ({ image_id: id, package_id: packageId })))
      .execute()
  }
}

/** A page of something by its key; those of it that nothing needs any more. */
export interface LooseEnds<K> {
  readonly gone: readonly K[]
  /** The last key that was looked at; undefined: there was none. */
  readonly last: K | undefined
}

/** Images that no repository has any more, also not in its recycle bin. */
export async function findGoneImages(executor: Executor, after: number, limit: number): Promise<LooseEnds<number>> {
  const rows = await executor.db
    .selectFrom('images')
    .select(({ exists, selectFrom }) => [
      'id',
      exists(selectFrom('manifests').select('manifests.digest').whereRef('manifests.digest', '=', 'images.digest')).as(
        'isHeld',
      ),
    ])
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  // One engine says false, the other 0.
  return { gone: rows.filter(({ isHeld }) => !isHeld).map(({ id }) => id), last: rows.at(-1)?.id }
}

/** Those that nobody pushed again meanwhile. */
export async function removeImages(tx: Transaction, ids: readonly number[]): Promise<void> {
  const held = await tx.db
    .selectFrom('images')
    .innerJoin('manifests', 'manifests.digest', 'images.digest')
    .select('images.id')
    .where('images.id', 'in', ids)
    .execute()
  const gone = ids.filter((id) => !held.some((row) => row.id === id))
  if (gone.length === 0) return
  await tx.db.deleteFrom('image_packages').where('image_id', 'in', gone).execute()
  await tx.db.deleteFrom('images').where('id', 'in', gone).execute()
}
