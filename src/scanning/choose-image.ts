import { z } from 'zod'
import type { ImageAt } from '../http/api/image-call.ts'
import { findImage } from '../inventory/store.ts'
import { Problem } from '../lib/problem.ts'
import type { Executor } from '../metadata/db.ts'
import { readManifestContent } from '../metadata/manifests.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { parseManifest } from '../oci/manifest.ts'
import { isImage } from '../oci/runnable.ts'

/** Images of an index that are told of; more than any index of platforms has. */
const MAX_IMAGES = 50
const USUAL_PLATFORM = 'linux/amd64'

export const platformQuery = z
  .string()
  .max(100)
  .optional()
  .describe(`Of an index: which of its images; ${USUAL_PLATFORM} when nothing is said.`)

export interface PlatformImage {
  readonly digest: Digest
  /** Undefined: nobody looked into it yet, or it does not say. */
  readonly platform: string | undefined
}

/** The images that an index names and that are here, without attestations; undefined: it is no index. */
export async function imagesOf(executor: Executor, { head }: ImageAt): Promise<PlatformImage[] | undefined> {
  const content = await readManifestContent(executor, head.repositoryId, head.digest)
  if (content === undefined) return undefined
  const { kind, children } = parseManifest(content, head.mediaType)
  if (kind !== 'index') return undefined
  const found: PlatformImage[] = []
  const digests = [...new Set(children.map(({ digest }) => digest))].filter(isDigest)
  for (const digest of digests.slice(0, 2 * MAX_IMAGES)) {
    const child = await readManifestContent(executor, head.repositoryId, digest)
    if (child === undefined || !isImage(parseManifest(child, undefined))) continue
    const platform = (await findImage(executor, digest))?.facts.platform
    // As BuildKit marks attestations.
    if (platform !== 'unknown/unknown') found.push({ digest, platform })
  }
  return found.slice(0, MAX_IMAGES)
}

/** The image that is meant: itself, or of an index the one of a platform. @throws Problem */
export async function chooseImage(executor: Executor, at: ImageAt, platform: string | undefined): Promise<Digest> {
  const images = await imagesOf(executor, at)
  if (images === undefined) return at.head.digest
  const wanted = platform ?? USUAL_PLATFORM
  const chosen = images.find((image) => image.platform === wanted) ?? (platform === undefined ? images[0] : undefined)
  if (chosen !== undefined) return chosen.digest
  const known = images.map((image) => image.platform ?? image.digest).join(', ')
  throw new Problem('not-found', `the index has no image of ${wanted}; it has ${known === '' ? 'none' : known}`)
}
