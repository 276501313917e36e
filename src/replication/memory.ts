import { createHasher } from '../lib/hasher.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import { findRepository } from '../metadata/repositories.ts'
import { findTag } from '../metadata/tags.ts'
import type { Digest } from '../oci/digest.ts'
import { deleteTag } from '../registry/delete-content.ts'
import { moveTags } from '../registry/move-tags.ts'
import { ruleActor } from './rule.ts'
import type { Route } from './selection.ts'
import { digestsAbout, findMemory, type LocalTag, localTag, saveMemory, type TagMemory } from './tag-store.ts'
import type { TagPlace, Work } from './work.ts'

/** A tag as it is here, and what the rule knows of it. */
export interface Look {
  readonly local: LocalTag
  readonly memory: TagMemory | undefined
}

export async function lookAt({ registry, rule }: Work, place: Route): Promise<Look> {
  await registry.database.refresh()
  const { reader } = registry.database
  const memory = await findMemory(reader, rule.id, place)
  return {
    local: await localTag(reader, place.repository, place.tag),
    // What was sent under another name, before the rule was changed, says nothing of this place.
    memory: rule.direction === 'push' && memory?.there !== place.there ? undefined : memory,
  }
}

/** Writes down what changed of it; the rest stays. Costs nothing when it is known already. */
export async function remember(
  { registry, rule }: Work,
  place: Route,
  before: TagMemory | undefined,
  changed: Partial<Omit<TagMemory, 'repository' | 'tag' | 'there'>>,
): Promise<TagMemory> {
  const { repository, tag, there } = place
  const memory: TagMemory = {
    ...{ digest: undefined, brought: false, settledAt: 0, referrers: undefined, referrersAt: 0 },
    ...{ writing: undefined, recent: [] },
    ...before,
    ...changed,
    ...{ repository, tag, there },
  }
  if (before === undefined || JSON.stringify(memory) !== JSON.stringify(before) || memory.writing !== before.writing)
    await registry.database.writeQuietly((tx) => saveMemory(tx, rule.id, memory))
  return memory
}

/** Changes whenever anything about an image here comes or goes; undefined: there is nothing. */
export async function hashOfReferrers(
  { registry }: Work,
  { repositoryId, digest }: LocalTag,
): Promise<string | undefined> {
  if (repositoryId === undefined || digest === undefined) return undefined
  const about = await digestsAbout(registry.database.reader, repositoryId, digest)
  if (about.length === 0) return undefined
  const hasher = createHasher('sha256')
  hasher.update(new TextEncoder().encode([digest, ...about].join('\n')))
  return hasher.hex()
}

/**
 * Moves or deletes a tag here, and says when that was; undefined: it has changed since it was looked at, and has to be
 * looked at again. What it is moved to was here a moment ago. @throws OciError when a guard refuses
 */
export async function moveHere(
  { registry, rule }: Work,
  { repository, tag }: TagPlace,
  move: { readonly from: Digest | undefined; readonly to: Digest | undefined },
): Promise<number | undefined> {
  const actor = ruleActor(rule)
  return registry.database.write(async (tx) => {
    const repositoryId = await findRepository(tx, repository)
    if (repositoryId === undefined || (await findTag(tx, repositoryId, tag)) !== move.from) return undefined
    const spot = { repository, repositoryId, actor }
    const { to } = move
    if (to === undefined) await deleteTag(registry, tx, spot, tag)
    else if ((await findManifestSize(tx, repositoryId, to)) === undefined) return undefined
    else await moveTags(registry, tx, spot, { tags: [tag], digest: to, reason: 'replicated', refusals: {} })
    return (await localTag(tx, repository, tag)).movedAt
  }, repository)
}
