import { linkBlob } from '../metadata/blob-links.ts'
import { addBlob, findStoredBlob } from '../metadata/blobs.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
import { addManifest, findManifestSize } from '../metadata/manifests.ts'
import { ensureRepository, findRepository, type RepositoryId } from '../metadata/repositories.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, isDigest, parseDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { isNonDistributable, parseContentType } from '../oci/media-type.ts'
import { parseRepositoryName } from '../oci/name.ts'
import { reviewTime } from '../registry/keeping.ts'
import type { Registry } from '../registry/registry.ts'
import type { LogIndex } from './log-index.ts'
import type { Piece } from './piece.ts'
import { readLog } from './read-log.ts'
import type { LogRecord } from './records.ts'

const BATCH = 200

/** The small blobs of the log, which lie in the database. Returns how many. */
export async function enterSmallBlobs(registry: Registry, pieces: readonly Piece[], index: LogIndex): Promise<number> {
  let entered = 0
  await inBatches(
    registry,
    recordsAt(registry, pieces, 'blob', ({ digest }) => index.blobs.get(digest)),
    async (tx, { record: each }) => {
      const content = new Uint8Array(Buffer.from(each.content, 'base64'))
      const blob = { digest: parseDigest(each.digest), sizeBytes: content.byteLength, storageKey: undefined, content }
      return addBlob(tx, blob, registry.clock.now())
    },
    (isNew) => {
      if (isNew) entered++
    },
  )
  return entered
}

export interface EnteredManifests {
  readonly manifests: number
  /** What could not be entered, and what each lacks. */
  readonly incomplete: ReadonlyMap<string, readonly string[]>
}

/**
 * The visible manifests, each when all that it needs is there. An index may stand before what it lists, so the log is
 * read until nothing more can be entered.
 */
export async function enterManifests(
  registry: Registry,
  pieces: readonly Piece[],
  index: LogIndex,
): Promise<EnteredManifests> {
  const entered = new Set<number>()
  for (let progress = true; progress;) {
    const incomplete = new Map<string, readonly string[]>()
    const before = entered.size
    const waiting = recordsAt(registry, pieces, 'manifest', ({ repository, digest }, place) =>
      entered.has(place) ? undefined : index.repositories.get(repository)?.manifests.get(digest),
    )
    const enter = (tx: Transaction, { place, record }: Placed<RecordOf<'manifest'>>) =>
      enterManifest(registry, tx, record, lackedBy(record, place, index))
    await inBatches(registry, waiting, enter, (missing, { place, record }) => {
      if (missing.length === 0) entered.add(place)
      else incomplete.set(`${record.repository}@${record.digest}`, missing)
    })
    progress = entered.size > before && incomplete.size > 0
    if (!progress) return { manifests: entered.size, incomplete }
  }
  return { manifests: entered.size, incomplete: new Map() }
}

/** Whether the repository did not hold what a manifest names: then it may be another's, and is none of its business. */
type Lacks = (descriptor: Descriptor) => boolean

function lackedBy({ repository, lacks }: RecordOf<'manifest'>, place: number, index: LogIndex): Lacks {
  if (lacks === undefined) return ({ mediaType }) => isNonDistributable(mediaType)
  const held = index.repositories.get(repository)?.held
  const lacked = new Set(lacks.filter((digest) => (held?.get(digest) ?? -1) < place))
  return ({ digest }) => lacked.has(digest)
}

/** Returns what is missing of it; then nothing was entered. */
async function enterManifest(
  registry: Registry,
  tx: Transaction,
  { repository, digest: text, mediaType, content: base64 = '' }: RecordOf<'manifest'>,
  lacks: Lacks,
): Promise<readonly string[]> {
  const content = new Uint8Array(Buffer.from(base64, 'base64'))
  const manifest = readable(content, mediaType)
  if (manifest === undefined) return ['a way to read it']
  const name = parseRepositoryName(repository)
  const now = registry.clock.now()
  const { blobs, missing } = await contentOf(tx, await findRepository(tx, name), manifest, lacks)
  if (missing.length > 0 && !registry.limits.allowSparse) return missing
  const { id: repositoryId } = await ensureRepository(tx, name, now)
  for (const digest of blobs)
    await linkBlob(tx, { repository: repositoryId, digest, now, leaseMs: registry.keeping.leaseMs })
  const digest = parseDigest(text)
  const reviewAt = reviewTime(registry.keeping, now)
  await addManifest(tx, { repositoryId, digest, manifest, content, now, reviewAt })
  return []
}

/** Undefined: an older version may have taken what this one would refuse. */
function readable(content: Uint8Array, mediaType: string | undefined): Manifest | undefined {
  try {
    return parseManifest(content, mediaType === undefined ? undefined : parseContentType(mediaType))
  } catch (error) {
    if (error instanceof OciError) return undefined
    throw error
  }
}

/** The stored blobs that a manifest needs, and what is not there. What its repository never held, it needs not. */
async function contentOf(
  executor: Executor,
  repositoryId: RepositoryId | undefined,
  manifest: Manifest,
  lacks: Lacks,
): Promise<{ readonly blobs: readonly Digest[]; readonly missing: readonly string[] }> {
  const blobs: Digest[] = []
  const missing: string[] = []
  for (const descriptor of manifest.blobs) {
    if (lacks(descriptor)) continue
    if (await isStored(executor, descriptor)) blobs.push(descriptor.digest as Digest)
    else if (!isNonDistributable(descriptor.mediaType)) missing.push(descriptor.digest)
  }
  for (const child of manifest.children) {
    const { digest } = child
    if (lacks(child) || (await isVisible(executor, repositoryId, digest))) continue
    if (await isStored(executor, child)) blobs.push(digest as Digest)
    else missing.push(digest)
  }
  return { blobs, missing }
}

async function isVisible(executor: Executor, repository: RepositoryId | undefined, digest: string): Promise<boolean> {
  if (repository === undefined || !isDigest(digest)) return false
  return (await findManifestSize(executor, repository, digest)) !== undefined
}

async function isStored(executor: Executor, { digest, size }: Descriptor): Promise<boolean> {
  return isDigest(digest) && (await findStoredBlob(executor, digest))?.sizeBytes === size
}

type RecordOf<T extends LogRecord['type']> = LogRecord & { readonly type: T }

/** The records of a type that stand where the index says that the valid one stands. */
async function* recordsAt<T extends LogRecord['type']>(
  { blobs }: Registry,
  pieces: readonly Piece[],
  type: T,
  validPlace: (record: RecordOf<T>, place: number) => number | undefined,
): AsyncGenerator<{ readonly place: number; readonly record: RecordOf<T> }> {
  for await (const { place, record } of readLog(blobs, pieces))
    if (isOf(record, type) && validPlace(record, place) === place) yield { place, record }
}

function isOf<T extends LogRecord['type']>(record: LogRecord, type: T): record is RecordOf<T> {
  return record.type === type
}

interface Placed<T> {
  readonly place: number
  readonly record: T
}

/** What came of an item is told when it is committed. */
async function inBatches<T, R>(
  { database }: Registry,
  items: AsyncIterable<Placed<T>>,
  work: (tx: Transaction, item: Placed<T>) => Promise<R>,
  tell: (result: R, item: Placed<T>) => void,
): Promise<void> {
  let batch: Placed<T>[] = []
  const flush = async () => {
    const now = batch
    batch = []
    const results = await database.writeRelaxed(async (tx) => {
      const done: (readonly [R, Placed<T>])[] = []
      for (const item of now) done.push([await work(tx, item), item])
      return done
    })
    for (const [result, item] of results) tell(result, item)
  }
  for await (const item of items) {
    batch.push(item)
    if (batch.length >= BATCH) await flush()
  }
  await flush()
}
