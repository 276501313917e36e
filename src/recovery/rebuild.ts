import { OPERATOR } from '../lib/actor.ts'
import { insertProject } from '../access/project-store.ts'
import { failpoint } from '../lib/failpoint.ts'
import { enterAdoptedPlace } from '../metadata/adopted-places.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import { findRepository } from '../metadata/repositories.ts'
import { setTag } from '../metadata/tags.ts'
import { isDigest } from '../oci/digest.ts'
import { parseRepositoryName, parseTag } from '../oci/name.ts'
import { reviewTime } from '../registry/keeping.ts'
import { claimRecoveryLogs } from '../registry/recovery-claim.ts'
import type { Registry } from '../registry/registry.ts'
import { enterBlobs } from './enter-blobs.ts'
import { enterManifests, enterSmallBlobs } from './enter-manifests.ts'
import { LogIndex } from './log-index.ts'
import { findLog, readLog } from './read-log.ts'
import { reviewLooseBlobs } from './store.ts'

export interface Rebuilt {
  readonly blobs: number
  readonly bytes: number
  readonly projects: number
  readonly manifests: number
  readonly tags: number
  /** What the log or the store no longer has whole, for people. */
  readonly problems: readonly string[]
}

/**
 * Fills an empty database from what is stored: a row for each object, and from the log what is visible. Opens no
 * request and checks no rule: all of it was accepted once. @throws Error when there is no log
 */
export async function rebuild(registry: Registry, options: { readonly verify: boolean }): Promise<Rebuilt> {
  const { pieces, problems: found } = await findLog(registry.blobs)
  if (pieces.length === 0)
    throw new Error('there is no recovery log beside the blobs, so nobody knows what they belong to; restore a backup')
  const problems: string[] = [...found]
  const index = new LogIndex()
  const unreadable = (problem: string) => void problems.push(`recovery log: ${problem}`)
  for await (const { place, record } of readLog(registry.blobs, pieces, unreadable)) index.add(record, place)
  problems.push(...index.problems)

  const stored = await enterBlobs(registry, options)
  problems.push(...stored.problems)
  failpoint('rebuild.before-content')
  await enterProjects(registry, index)
  const small = await enterSmallBlobs(registry, pieces, index)
  const { manifests, incomplete } = await enterManifests(registry, pieces, index)
  for (const [name, missing] of incomplete) problems.push(`manifest ${name}: ${missing.join(', ')} is not stored`)
  if (manifests === 0 && stored.objects > 0)
    problems.push('the recovery log names no manifest, although there are blobs: it was not written when they came')
  const tags = await enterTags(registry, index, problems)
  await finish(registry, { manifests, tags, problems: problems.length })
  return {
    ...{ blobs: stored.objects + small, bytes: stored.bytes, projects: index.projects.size, manifests, tags },
    problems,
  }
}

async function enterProjects({ database, clock }: Registry, { projects }: LogIndex): Promise<void> {
  await database.writeAccess(async (tx) => {
    for (const [name, isPublic] of projects)
      await insertProject(tx, { name, public: isPublic, createdBy: undefined }, clock.now())
  })
}

const TAGS_AT_ONCE = 500
const BY_REBUILD = { actor: OPERATOR, reason: 'rebuilt from the recovery log' }

async function enterTags(registry: Registry, { repositories }: LogIndex, problems: string[]): Promise<number> {
  let count = 0
  for (const [name, { tags }] of repositories) {
    const waiting = [...tags]
    for (let at = 0; at < waiting.length; at += TAGS_AT_ONCE) {
      const some = await enterSome(registry, name, waiting.slice(at, at + TAGS_AT_ONCE))
      count += some.count
      problems.push(...some.problems)
    }
  }
  return count
}

async function enterSome(
  { database, clock, keeping }: Registry,
  name: string,
  tags: readonly (readonly [tag: string, digest: string])[],
): Promise<{ readonly count: number; readonly problems: readonly string[] }> {
  const now = clock.now()
  const reviewAt = reviewTime(keeping, now)
  return database.writeRelaxed(async (tx) => {
    let count = 0
    const problems: string[] = []
    const repositoryId = await findRepository(tx, parseRepositoryName(name))
    for (const [text, digest] of tags) {
      const isThere =
        repositoryId !== undefined &&
        isDigest(digest) &&
        (await findManifestSize(tx, repositoryId, digest)) !== undefined
      if (isThere) {
        await setTag(tx, {
          repositoryId,
          tag: parseTag(text),
          digest,
          previous: undefined,
          by: BY_REBUILD,
          now,
          reviewAt,
        })
        count++
      } else problems.push(`tag ${name}:${text}: the manifest ${digest} could not be restored`)
    }
    return { count, problems }
  })
}

/** Objects that nothing names are for the collector; what was done is in the new audit. */
async function finish(registry: Registry, detail: Readonly<Record<string, number>>): Promise<void> {
  const { database, clock, keeping, recorder, blobs } = registry
  await database.write(async (tx) => {
    await reviewLooseBlobs(tx, new Date(clock.now().getTime() + keeping.leaseMs))
    // What the log does not know of them may have been deleted: whoever wants it says "berth adopt again".
    for (const place of blobs.adopted?.places ?? []) await enterAdoptedPlace(tx, place, clock.now())
    await recorder.record(tx, {
      ...{ actor: OPERATOR, action: 'registry.rebuilt', target: 'registry', outcome: 'done', detail },
    })
  })
  await claimRecoveryLogs(registry)
}
