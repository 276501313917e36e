import type { Digest } from '../oci/digest.ts'
import { type CopiedImage, copyImage } from '../registry/copy-image.ts'
import type { TagPlace, Work } from './work.ts'

/** A tag here, and the name of its repository at the remote. */
export interface PlaceThere extends TagPlace {
  readonly there: string
}

/** Brings an image to the remote with everything about it. No tags: by its digest only. */
export function send(
  work: Work,
  { repository, there }: PlaceThere,
  digest: Digest,
  tags: readonly string[],
): Promise<CopiedImage> {
  // Many tags name one image: written at once, distribution's file driver answers some of them with 500.
  return work.copying.run(`${work.rule.remoteId} ${there}@${digest}`, () =>
    copy(work, { from: { name: repository, reference: digest }, to: { name: there, tags } }),
  )
}

const NOTHING_NEW_MS = 60 * 60_000

/**
 * Brings an image from the remote with everything about it, without a tag. What is about one that is here already is
 * asked for once an hour, however many tags name it.
 */
export function fetchHere(work: Work, { repository, there }: PlaceThere, digest: Digest): Promise<CopiedImage> {
  const { registry, rule, fetched, copying, target } = work
  const key = `${rule.id} ${repository}@${digest}`
  return copying.run(key, async () => {
    const now = registry.clock.now().getTime()
    const isKnown = now - (fetched.get(key) ?? Number.NEGATIVE_INFINITY) < NOTHING_NEW_MS
    if (isKnown && (await target.resolve(repository, digest)) !== undefined)
      return { digest, manifests: 0, blobs: 0, bytes: 0 }
    const copied = await copy(work, { from: { name: there, reference: digest }, to: { name: repository, tags: [] } })
    fetched.set(key, now)
    return copied
  })
}

interface Route {
  readonly from: { readonly name: string; readonly reference: string }
  readonly to: { readonly name: string; readonly tags: readonly string[] }
}

function copy({ source, target, rule, signal }: Work, { from, to }: Route): Promise<CopiedImage> {
  const { platforms } = rule.body
  return copyImage({
    ...{ source, target, from, to, signal },
    platforms: platforms.length === 0 ? undefined : platforms,
    referrers: true,
  })
}

/** Makes a tag at the remote name an image of here, or nothing. Returns how many bytes that took. */
export async function writeThere(work: Work, at: PlaceThere, digest: Digest | undefined): Promise<number> {
  if (digest !== undefined) return (await send(work, at, digest, [at.tag])).bytes
  await work.target.deleteTag(at.there, at.tag, work.signal)
  return 0
}
