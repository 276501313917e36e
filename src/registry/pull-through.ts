import { after, type MaybePromise } from '../lib/maybe-promise.ts'
import type { HeldBlob } from '../metadata/blobs.ts'
import { type ManifestHead, readManifestNaming } from '../metadata/manifests.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ByteRange } from '../oci/range.ts'
import { findableReference, type Reference } from '../oci/reference.ts'
import type { Content } from '../storage/blob-store.ts'
import type { ArrivingBlob, ContentSource, Supplied } from './content-source.ts'
import { findRepositoryBlob, openBlob } from './pull-blob.ts'
import { findManifest, findVisibleHead, notePull, readManifest, type WhyNot } from './pull-manifest.ts'
import type { Registry } from './registry.ts'

const NONE: readonly ContentSource[] = []

/** Those that may have something for the repository. Costs nothing where there are none. */
export function sourcesOf(
  { sources }: Registry,
  name: RepositoryName,
): readonly ContentSource[] | Promise<readonly ContentSource[]> {
  if (sources.length === 0) return NONE
  const covering = sources.map((source) => source.covers(name))
  if (covering.every((covers) => covers === false)) return NONE
  const chosen = (covers: readonly (boolean | Promise<boolean>)[]) => sources.filter((_, index) => covers[index])
  return covering.some((covers) => covers instanceof Promise) ? Promise.all(covering).then(chosen) : chosen(covering)
}

export interface PulledManifest {
  readonly head: ManifestHead
  readonly warning?: string | undefined
}

/** end-3 where content may come from elsewhere. @throws OciError MANIFEST_UNKNOWN, or what went wrong elsewhere */
export function pullManifest(
  registry: Registry,
  name: RepositoryName,
  text: string,
  whyNot?: WhyNot,
): MaybePromise<PulledManifest> {
  return after(sourcesOf(registry, name), (covering) =>
    covering.length === 0
      ? after(findManifest(registry, name, text, whyNot), (head) => ({ head }))
      : pullThrough(registry, { name, text, covering }, whyNot),
  )
}

interface Covered {
  readonly name: RepositoryName
  readonly text: string
  readonly covering: readonly ContentSource[]
}

async function pullThrough(
  registry: Registry,
  { name, text, covering }: Covered,
  whyNot: WhyNot | undefined,
): Promise<PulledManifest> {
  const reference = findableReference(text)
  const held = reference && (await findVisibleHead(registry, name, reference))
  const supplied = reference && (await supplyManifest(covering, { name, reference, held: held?.digest }))
  if (held !== undefined && supplied === undefined) return { head: notePull(registry, held, text) }
  try {
    return { head: await findManifest(registry, name, text, whyNot), warning: supplied?.warning }
  } catch (error) {
    throw supplied?.failure ?? error
  }
}

/** Undefined: what is here is what there is. */
async function supplyManifest(
  covering: readonly ContentSource[],
  { name, reference, held }: { name: RepositoryName; reference: Reference; held: Digest | undefined },
): Promise<Supplied | undefined> {
  if (held !== undefined && 'digest' in reference) return undefined
  for (const source of covering) {
    const supplied = await source.supplyManifest(name, reference, held)
    if (supplied !== undefined) return supplied
  }
  return undefined
}

/** Has a manifest brought that is not here. False: nobody has it. */
export async function bringManifest(registry: Registry, name: RepositoryName, digest: Digest): Promise<boolean> {
  for (const source of await sourcesOf(registry, name)) {
    const supplied = await source.supplyManifest(name, { digest }, undefined)
    if (supplied?.failure !== undefined) throw supplied.failure
    if (supplied !== undefined) return true
  }
  return false
}

/** The bytes of a manifest. Damaged ones are brought again where somebody has them. @throws OciError MANIFEST_UNKNOWN */
export function readOrSupplyManifest(
  registry: Registry,
  name: RepositoryName,
  head: ManifestHead,
): MaybePromise<Uint8Array<ArrayBuffer>> {
  const content = readManifest(registry, head)
  return content instanceof Promise ? orSupplied(content, registry, name, head) : content
}

async function orSupplied(
  content: Promise<Uint8Array<ArrayBuffer>>,
  registry: Registry,
  name: RepositoryName,
  head: ManifestHead,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await content
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    for (const source of await sourcesOf(registry, name)) await source.supplyManifest(name, head, undefined)
    return readManifest(registry, head)
  }
}

/** A blob that is here, or one that is on its way in. */
export type PulledBlob = HeldBlob | ArrivingBlob

/** end-2, GET. @throws OciError BLOB_UNKNOWN, or what went wrong elsewhere */
export async function pullBlob(registry: Registry, name: RepositoryName, digest: Digest): Promise<PulledBlob> {
  try {
    return await findRepositoryBlob(registry, name, digest)
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    const supplied = await supplyBlob(registry, name, digest)
    if (supplied === undefined) throw error
    return supplied
  }
}

/** From elsewhere; undefined: nobody has it. */
async function supplyBlob(registry: Registry, name: RepositoryName, digest: Digest): Promise<PulledBlob | undefined> {
  for (const source of await sourcesOf(registry, name)) {
    const supplied = await source.supplyBlob(name, digest)
    if (supplied === 'stored') return findRepositoryBlob(registry, name, digest)
    if (supplied !== undefined) return supplied
  }
  return undefined
}

/** Its bytes. What turns out to be damaged here is brought again where somebody has it. @throws OciError BLOB_UNKNOWN */
export async function openOrSupply(
  registry: Registry,
  name: RepositoryName,
  blob: PulledBlob,
  range?: ByteRange,
): Promise<Pick<Content, 'stream'> | Uint8Array<ArrayBuffer>> {
  if (isArriving(blob)) return { stream: () => blob.open(range) }
  try {
    return await openBlob(registry, blob, range)
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    const again = await supplyBlob(registry, name, blob.digest)
    if (again === undefined) throw error
    return isArriving(again) ? { stream: () => again.open(range) } : openBlob(registry, again, range)
  }
}

/** What is told of a blob that is not here and could be pulled: a manifest of the repository names it, with its size. */
export async function describeBlob(
  registry: Registry,
  name: RepositoryName,
  digest: Digest,
): Promise<Pick<ArrivingBlob, 'digest' | 'sizeBytes'> | undefined> {
  if ((await sourcesOf(registry, name)).length === 0) return undefined
  const content = await readManifestNaming(registry.database.reader, name, digest)
  const blob = content && parseManifest(content, undefined).blobs.find((each) => each.digest === digest)
  return blob && { digest, sizeBytes: blob.size }
}

/** Whether it has to be passed on while it comes. */
export function isArriving(blob: PulledBlob): blob is ArrivingBlob {
  return 'open' in blob
}

/** Before a change: what an adopted repository holds is known first. */
export async function settleSources(registry: Registry, name: RepositoryName): Promise<void> {
  for (const source of await sourcesOf(registry, name)) await source.settle?.(name)
}
