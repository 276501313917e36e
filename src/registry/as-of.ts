import { findStoredManifest } from '../metadata/bin-content.ts'
import type { Executor } from '../metadata/db.ts'
import { findManifestByDigest, type ManifestHead } from '../metadata/manifests.ts'
import { findRepository } from '../metadata/repositories.ts'
import { digestAsOf } from '../metadata/tag-events.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseTagAtMoment, type TagAtMoment } from '../oci/moment.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Registry } from './registry.ts'

/**
 * What a tag named at a moment, for a text that says both and is no tag itself; undefined for any other text. What a
 * past moment had is remembered until something is committed, today's is not, because the day goes on.
 * @throws OciError MANIFEST_UNKNOWN, saying why
 */
export async function findAtMoment(
  registry: Registry,
  name: RepositoryName,
  text: string,
): Promise<ManifestHead | undefined> {
  const moment = parseTagAtMoment(text)
  if (moment === undefined) return undefined
  const now = registry.clock.now()
  const { reader } = registry.database
  const query = () => resolveMoment(reader, name, { moment, now })
  // No name has an "@", so this is the key of no tag.
  return moment.at < now ? registry.heads.find(`${name}@${text}`, query) : query()
}

/** @throws OciError MANIFEST_UNKNOWN, saying why */
export async function resolveMoment(
  executor: Executor,
  name: RepositoryName,
  { moment, now }: { readonly moment: TagAtMoment; readonly now: Date },
): Promise<ManifestHead> {
  const { tag } = moment
  const at = momentBefore(moment, now)
  const repository = await findRepository(executor, name)
  const digest = repository === undefined ? undefined : await digestAsOf(executor, repository, { tag, at })
  if (repository === undefined || digest === undefined)
    throw unknown(`there was no tag "${tag}" at ${at.toISOString()}, or nobody remembers what it named`)
  const head = await findManifestByDigest(executor, name, digest)
  if (head !== undefined) return head
  const stored = await findStoredManifest(executor, repository, digest)
  throw unknown(`"${tag}" named ${digest} at ${at.toISOString()}, ${whereNow(stored?.restorableUntil, now)}`, digest)
}

/**
 * Of today everything so far counts, also a move that was written down a moment later than now, because two cannot be
 * at the same. @throws OciError MANIFEST_UNKNOWN for what is to come
 */
function momentBefore({ at, isDay }: TagAtMoment, now: Date): Date {
  if (at <= now) return at
  const isToday = isDay && at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10)
  if (isToday) return at
  throw unknown(`nobody knows yet what will be there at ${at.toISOString()}: it is ${now.toISOString()} now`)
}

function whereNow(restorableUntil: Date | undefined, now: Date): string {
  if (restorableUntil === undefined || restorableUntil <= now) return 'which is gone for good'
  return `which was deleted; it can be restored until ${restorableUntil.toISOString()}`
}

function unknown(message: string, digest?: Digest): OciError {
  return new OciError('MANIFEST_UNKNOWN', { message, detail: { reason: 'moment', ...(digest && { digest }) } })
}
