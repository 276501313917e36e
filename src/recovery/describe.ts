import { findProject, listProjects } from '../access/project-store.ts'
import { readSmallBlob } from '../metadata/blobs.ts'
import { findRepository, type RepositoryId } from '../metadata/repositories.ts'
import type { Executor } from '../metadata/db.ts'
import { findTag, tagsOn } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { LogRecord } from './records.ts'
import {
  isNamedBesides,
  type ManifestContent,
  manifestsAfter,
  repositoriesAfter,
  smallBlobsAfter,
  smallBlobsOf,
  tagsAfter,
  visibleManifest,
} from './store.ts'
import type { Touched } from './touched.ts'

/** How everything that changes touched is now. What begins anew comes first, so that the rest is said of it. */
export async function* describeTouched(executor: Executor, touched: Touched): AsyncGenerator<LogRecord> {
  for (const name of touched.projects) yield await projectRecord(executor, name)
  for (const repository of touched.reset) yield { type: 'reset', repository }
  for (const repository of touched.whole) {
    yield { type: 'reset', repository }
    yield* wholeRepository(executor, repository as RepositoryName)
  }
  const blobs = new Set<Digest>()
  for await (const { repository, id, value } of eachIn(executor, touched.manifests))
    yield* manifestRecords(executor, { repository, id, digest: value as Digest }, blobs)
  yield* heldRecords(executor, touched, blobs)
  for await (const { repository, id, value: digest } of eachIn(executor, touched.untagged)) {
    const tags = id === undefined ? [] : await tagsOn(executor, id, digest as Digest)
    yield { type: 'tags-on', repository, digest, tags }
  }
  for await (const { repository, id, value: tag } of eachIn(executor, touched.tags)) {
    const digest = id === undefined ? undefined : await findTag(executor, id, tag as Tag)
    yield { type: 'tag', repository, tag, digest }
  }
}

interface Named {
  readonly repository: string
  /** Undefined: it is not there any more. */
  readonly id: RepositoryId | undefined
  readonly value: string
}

async function* eachIn(executor: Executor, names: ReadonlyMap<string, ReadonlySet<string>>): AsyncGenerator<Named> {
  for (const [repository, values] of names) {
    const id = await findRepository(executor, repository as RepositoryName)
    for (const value of values) yield { repository, id, value }
  }
}

async function* manifestRecords(
  executor: Executor,
  { repository, id, digest }: { repository: string; id: RepositoryId | undefined; digest: Digest },
  said: Set<Digest>,
): AsyncGenerator<LogRecord> {
  const manifest = id === undefined ? undefined : await visibleManifest(executor, id, digest)
  if (manifest === undefined || id === undefined) {
    yield { type: 'manifest', repository, digest }
    return
  }
  yield* blobRecords(executor, id, digest, said)
  yield manifestRecord(repository, manifest)
}

async function* blobRecords(
  executor: Executor,
  id: RepositoryId,
  digest: Digest,
  said: Set<Digest>,
): AsyncGenerator<LogRecord> {
  for (const blob of await smallBlobsOf(executor, id, digest)) {
    if (said.has(blob.digest)) continue
    said.add(blob.digest)
    yield { type: 'blob', digest: blob.digest, content: base64(blob.content) }
  }
}

async function* wholeRepository(executor: Executor, repository: RepositoryName): AsyncGenerator<LogRecord> {
  const id = await findRepository(executor, repository)
  if (id === undefined) return
  yield* repositoryRecords(executor, { id, name: repository }, new Set())
}

/** Of blobs that came, those that a manifest named before: what is said of it now says so already. */
async function* heldRecords(executor: Executor, touched: Touched, said: Set<Digest>): AsyncGenerator<LogRecord> {
  for (const [repository, digests] of touched.blobs) {
    const id = await findRepository(executor, repository as RepositoryName)
    const fresh = touched.manifests.get(repository) ?? new Set()
    const held: Digest[] = []
    for (const digest of digests as ReadonlySet<Digest>)
      if (id !== undefined && (await isNamedBesides(executor, { repository: id, digest }, fresh))) held.push(digest)
    for (const digest of held) yield* smallBlobRecord(executor, digest, said)
    if (held.length > 0) yield { type: 'held', repository, digests: held }
  }
}

async function* smallBlobRecord(executor: Executor, digest: Digest, said: Set<Digest>): AsyncGenerator<LogRecord> {
  const content = said.has(digest) ? undefined : await readSmallBlob(executor, digest)
  if (content === undefined) return
  said.add(digest)
  yield { type: 'blob', digest, content: base64(content) }
}

/** `said`: blobs that need not be said again; undefined: all are said elsewhere. */
async function* repositoryRecords(
  executor: Executor,
  { id, name: repository }: { readonly id: RepositoryId; readonly name: string },
  said: Set<Digest> | undefined,
): AsyncGenerator<LogRecord> {
  for (let after = '', more = true; more;) {
    const page = await manifestsAfter(executor, id, after)
    for (const manifest of page) {
      if (said !== undefined) yield* blobRecords(executor, id, manifest.digest, said)
      yield manifestRecord(repository, manifest)
    }
    after = page.at(-1)?.digest ?? ''
    more = page.length > 0
    await breath()
  }
  for (let after = '', more = true; more;) {
    const page = await tagsAfter(executor, id, after)
    for (const { name, digest } of page) yield { type: 'tag', repository, tag: name, digest }
    after = page.at(-1)?.name ?? ''
    more = page.length > 0
    await breath()
  }
}

/** Everything, a page at a time. What changes meanwhile is said again by the log that goes on. */
export async function* describeAll(executor: Executor): AsyncGenerator<LogRecord> {
  for (let after = '', more = true; more;) {
    const page = await listProjects(executor, after, 1000)
    for (const { name, public: isPublic } of page) yield { type: 'project', name, public: isPublic }
    after = page.at(-1)?.name ?? ''
    more = page.length > 0
  }
  for (let after = '', more = true; more;) {
    const page = await smallBlobsAfter(executor, after)
    for (const { digest, content } of page) yield { type: 'blob', digest, content: base64(content) }
    after = page.at(-1)?.digest ?? ''
    more = page.length > 0
    await breath()
  }
  for (let after = 0, more = true; more;) {
    const page = await repositoriesAfter(executor, after)
    for (const repository of page) yield* repositoryRecords(executor, repository, undefined)
    after = page.at(-1)?.id ?? 0
    more = page.length > 0
  }
}

async function projectRecord(executor: Executor, name: string): Promise<LogRecord> {
  return { type: 'project', name, public: (await findProject(executor, name))?.public }
}

function manifestRecord(repository: string, { digest, media_type, content, lacks }: ManifestContent): LogRecord {
  return {
    ...{ type: 'manifest', repository, digest, mediaType: media_type },
    content: base64(content),
    lacks: JSON.parse(lacks) as string[],
  }
}

function base64(content: Uint8Array): string {
  return Buffer.from(content).toString('base64')
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
