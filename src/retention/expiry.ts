import type { Actor } from '../lib/actor.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import { findRepository } from '../metadata/repositories.ts'
import { removeTagExpiry, setTagExpiry } from '../metadata/tag-expiry.ts'
import { findTag } from '../metadata/tags.ts'
import { isTag, type RepositoryName, type Tag } from '../oci/name.ts'
import type { Registry } from '../registry/registry.ts'

interface Change {
  readonly repository: RepositoryName
  readonly tag: string
  readonly actor: Actor
}

/** Says when a tag goes; undefined: not by a date. It holds until the tag names something else. @throws Problem */
export async function expireTag(registry: Registry, change: Change, at: Date | undefined): Promise<void> {
  const { clock, database, recorder } = registry
  if (at !== undefined && at <= clock.now())
    throw new Problem('invalid', `${at.toISOString()} is past; delete the tag if it is to go now`)
  await database.write(async (tx) => {
    const place = await findPlace(tx, change)
    if (at !== undefined) await setTagExpiry(tx, place, { expiresAt: at, source: 'user' })
    else if (!(await removeTagExpiry(tx, place))) return
    await recorder.record(tx, {
      actor: change.actor,
      action: 'tag.expiry',
      target: `repository:${change.repository}`,
      outcome: 'done',
      detail: { tag: place.tag, expiresAt: at?.toISOString() ?? 'never' },
    })
  })
}

async function findPlace(
  tx: Transaction,
  { repository, tag }: Change,
): Promise<{ readonly repository: number; readonly tag: Tag }> {
  const id = await findRepository(tx, repository)
  const isThere = id !== undefined && isTag(tag) && (await findTag(tx, id, tag)) !== undefined
  if (!isThere) throw new Problem('not-found', `there is no tag "${tag.slice(0, 128)}" in ${repository}`)
  return { repository: id, tag }
}
