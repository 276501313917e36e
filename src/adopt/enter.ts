import { jobActor } from '../lib/actor.ts'
import { holdsBlob, linkBlob } from '../metadata/blob-links.ts'
import { addBlob } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { addManifest } from '../metadata/manifests.ts'
import { ensureRepository, type RepositoryId } from '../metadata/repositories.ts'
import { setTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import { reviewTime } from '../registry/keeping.ts'
import { checkGuards } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'
import type { GatheredBlob, GatheredManifest } from './gather.ts'
import { findManifestState, type TagState, tagStates } from './store.ts'

export const ADOPTION = jobActor('adopt')

export interface GatheredTag {
  readonly tag: Tag
  readonly digest: Digest
  readonly setAt: Date | undefined
}

export interface Entry {
  /** What an index lists comes before it. */
  readonly manifests: readonly GatheredManifest[]
  readonly tags: readonly GatheredTag[]
}

export interface Entered {
  /** Tags that name now what they name in the tree. */
  readonly tags: number
  readonly refusals: readonly { readonly tag: Tag; readonly problem: string }[]
}

interface Spot {
  readonly registry: Registry
  readonly tx: Transaction
  readonly repository: RepositoryName
  readonly repositoryId: RepositoryId
  readonly createsRepository: boolean
  readonly now: Date
  /** Blobs that the repository is known to hold. */
  readonly linked: Set<Digest>
}

/** Rows as pushes of the same content would have made them. What was changed or deleted here meanwhile stays so. */
export async function enter(
  registry: Registry,
  tx: Transaction,
  repository: RepositoryName,
  { manifests, tags }: Entry,
): Promise<Entered> {
  const now = registry.clock.now()
  const { id: repositoryId, isNew: createsRepository } = await ensureRepository(tx, repository, now)
  const linked = new Set<Digest>()
  const spot = { registry, tx, repository, repositoryId, createsRepository, now, linked }
  const tagged = new Set(tags.map(({ digest }) => digest))
  // Whether the repository is new is counted once.
  for (const [index, manifest] of manifests.entries())
    await enterManifest({ ...spot, createsRepository: createsRepository && index === 0 }, manifest, tagged)
  return enterTags(spot, tags)
}

/** Also for a blob that no manifest is known to name yet. */
export async function enterBlob(
  registry: Registry,
  tx: Transaction,
  repository: RepositoryName,
  blob: GatheredBlob,
): Promise<void> {
  const now = registry.clock.now()
  const { id: repositoryId, isNew: createsRepository } = await ensureRepository(tx, repository, now)
  await link({ registry, tx, repository, repositoryId, createsRepository, now, linked: new Set() }, blob)
}

async function enterManifest(spot: Spot, gathered: GatheredManifest, tagged: ReadonlySet<Digest>): Promise<void> {
  const { registry, tx, repository, repositoryId, createsRepository, now } = spot
  const { digest, manifest, content, blobs } = gathered
  if ((await findManifestState(tx, repositoryId, digest)) !== undefined) return
  for (const blob of blobs) await link({ ...spot, createsRepository: false }, blob)
  await checkGuards(
    registry.guards,
    {
      ...{ type: 'push-manifest', actor: ADOPTION, adopted: true, tags: [] },
      ...{ repository, repositoryId, digest, manifest, createsRepository, sizeBytes: content.byteLength },
    },
    tx,
  )
  const reviewAt = tagged.has(digest) ? undefined : reviewTime(registry.keeping, now)
  await addManifest(tx, { repositoryId, digest, manifest, content, now, reviewAt })
}

async function link(spot: Spot, { digest, sizeBytes, storageKey }: GatheredBlob): Promise<void> {
  const { registry, tx, repository, repositoryId, createsRepository, now, linked } = spot
  if (linked.has(digest)) return
  linked.add(digest)
  if (await holdsBlob(tx, repositoryId, digest)) return
  await checkGuards(
    registry.guards,
    {
      ...{ type: 'push-blob', actor: ADOPTION, adopted: true, isNew: true },
      ...{ repository, repositoryId, digest, sizeBytes, createsRepository },
    },
    tx,
  )
  await addBlob(tx, { digest, sizeBytes, storageKey, content: undefined }, now)
  await linkBlob(tx, { repository: repositoryId, digest, now, leaseMs: registry.keeping.leaseMs })
}

async function enterTags(spot: Spot, tags: readonly GatheredTag[]): Promise<Entered> {
  const names = tags.map(({ tag }) => tag)
  const states = new Map((await tagStates(spot.tx, spot.repositoryId, names)).map((state) => [state.tag, state]))
  const refusals: { readonly tag: Tag; readonly problem: string }[] = []
  let count = 0
  for (const each of tags) {
    const state = states.get(each.tag)
    if (state?.digest === each.digest) count++
    else if (isOurs(state) && (await isVisible(spot, each))) {
      const refusal = await moveTag(spot, each, state?.digest)
      if (refusal === undefined) count++
      else refusals.push({ tag: each.tag, problem: refusal })
    }
  }
  return { tags: count, refusals }
}

/** Nobody has touched the tag here, but for an earlier adoption. */
function isOurs(state: TagState | undefined): boolean {
  return state?.digest === undefined ? state?.actor === undefined : state.actor === ADOPTION.id
}

/** It may be in the recycle bin. */
async function isVisible({ tx, repositoryId }: Spot, { digest }: GatheredTag): Promise<boolean> {
  return (await findManifestState(tx, repositoryId, digest)) === 'visible'
}

const BY_ADOPTION = { actor: ADOPTION, reason: 'adopted' }

/** Returns why a rule refuses it. */
async function moveTag(
  { registry, tx, repository, repositoryId, now }: Spot,
  { tag, digest, setAt = now }: GatheredTag,
  previous: Digest | undefined,
): Promise<string | undefined> {
  const tags = [{ tag, previous }]
  try {
    await checkGuards(
      registry.guards,
      { ...{ type: 'move-tags', adopted: true, ...BY_ADOPTION }, ...{ repository, repositoryId, digest, tags } },
      tx,
    )
  } catch (error) {
    if (error instanceof OciError) return error.message
    throw error
  }
  await setTag(tx, {
    ...{ repositoryId, tag, digest, previous, by: BY_ADOPTION },
    // Since when it was there: rules that go by age, and looks at an earlier moment, mean that.
    now: previous === undefined && setAt < now ? setAt : now,
    reviewAt: reviewTime(registry.keeping, now),
  })
  return undefined
}
