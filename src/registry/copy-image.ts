import { type Digest, isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { BroughtImages } from './brought-images.ts'
import { BlobCopier } from './copy-blobs.ts'
import { fetchManifest, type PlannedManifest, planCopy, presentManifest } from './copy-plan.ts'
import { copyCompanions, findCompanions } from './copy-referrers.ts'
import { type CopyProgress, type CopyRoute, CopyRun } from './copy-run.ts'
import { type ImageSource, type ImageTarget, RemoteError } from './image-source.ts'

const CONCURRENCY = 4

/** One image, or one manifest, to be brought elsewhere with all that it names. */
export interface ImageCopy {
  readonly source: ImageSource
  readonly target: ImageTarget
  readonly from: { readonly name: string; readonly reference: string }
  /** No tags: by digest only. */
  readonly to: { readonly name: string; readonly tags: readonly string[] }
  /** Of an index only these (`linux/arm64`, `linux/arm/v7`); undefined: all. The index itself is copied as it is, where the target takes it so. */
  readonly platforms?: readonly string[] | undefined
  /**
   * Signatures, attestations, SBOMs: what has the image, or one of its parts, as subject, and cosign's tags. `when-copied`:
   * not looked for where the target has the image under its tag, so that finding this out costs one request.
   */
  readonly referrers: boolean | 'when-copied'
  /**
   * An index that the target has under its tag is looked into nevertheless: an earlier copy may have left images out of it.
   * Without this, what the target has is taken to be whole.
   */
  readonly completes?: boolean
  /** Shared by all copies of a run that have the same source, target and options. */
  readonly brought?: BroughtImages
  /** Of the repository at the source all tags that are about something (`sha256-….sig`), where all of them are known. */
  readonly sourceTags?: ReadonlySet<string> | undefined
  /** Repositories of the target that may hold blobs already. The source's own is one where both are the same place. */
  readonly mountFrom?: readonly string[]
  /** Blobs at a time. */
  readonly concurrency?: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: CopyProgress) => void
}

export interface CopiedImage {
  readonly digest: Digest
  /** What was sent; 0 where the target had everything. Mounted blobs count. */
  readonly manifests: number
  readonly blobs: number
  readonly bytes: number
}

/**
 * Brings an image from one place to another: blobs first, then the manifests that name them, the root by its digest, what
 * is about it, and its tags last. So a tag of the target names an image that is whole, signatures included, and what
 * breaks off in between leaves no other name than those of whole signatures (cosign's tags). What the target has is not
 * sent again: a manifest that is there is taken to have all it needs there, and with the tags in place nothing more is
 * asked than what they name. @throws RemoteError, OciError, and the signal's reason
 */
export async function copyImage(copy: ImageCopy): Promise<CopiedImage> {
  const run = new CopyRun(routeOf(copy))
  copy.signal?.throwIfAborted()
  const digest = await rootOf(run, copy)
  const work = () => copyRoot(run, copy, digest)
  await (copy.brought === undefined ? work() : copy.brought.inTurn(run.route, digest, work))
  const { manifests, blobs, bytes } = run
  return { digest, manifests, blobs, bytes }
}

async function copyRoot(run: CopyRun, copy: ImageCopy, digest: Digest): Promise<void> {
  const missing = await tagsMissing(run, digest, copy.to.tags)
  const isComplete = copy.to.tags.length > 0 && missing.length === 0
  if (run.isBrought(digest)) return setTags(run, digest, missing)
  if (isComplete && copy.referrers !== true && copy.completes !== true)
    return run.report({ type: 'manifest', digest, how: 'present' })
  const withReferrers = copy.referrers !== false
  const lookInside = withReferrers ? 'everything' : copy.completes === true ? 'indexes' : 'nothing'
  await copyWhole(run, { digest, missing, isComplete, withReferrers, lookInside })
}

/** Of an image that is there with everything about it. */
async function setTags(run: CopyRun, digest: Digest, tags: readonly string[]): Promise<void> {
  if (tags.length > 0) {
    const manifest = run.route.brought?.manifest(run.route, digest)
    await putManifest(run, { ...presentManifest(digest), manifest }, tags)
  }
  run.report({ type: 'manifest', digest, how: tags.length > 0 ? 'copied' : 'present' })
}

function routeOf(copy: ImageCopy): CopyRoute {
  const { source, target, from, to, platforms, signal, mountFrom = [], concurrency = CONCURRENCY } = copy
  const { brought, sourceTags } = copy
  const isSamePlace: boolean = (source as unknown) === target && from.name !== to.name
  return {
    ...{ source, target, platforms, signal, concurrency, brought, sourceTags },
    ...{ from: from.name, to: to.name },
    mountFrom: [...new Set([...(isSamePlace ? [from.name] : []), ...mountFrom])],
    onProgress: copy.onProgress ?? (() => undefined),
  }
}

async function rootOf(run: CopyRun, { from: { reference } }: ImageCopy): Promise<Digest> {
  if (isDigest(reference)) return reference
  const { source, from, signal } = run.route
  const found = await source.resolve(from, reference, signal)
  if (found === undefined) throw run.invalid(`there is no image "${reference.slice(0, 300)}"`)
  return found.digest
}

async function tagsMissing(run: CopyRun, digest: Digest, tags: readonly string[]): Promise<string[]> {
  const { target, to, signal } = run.route
  const missing: string[] = []
  for (const tag of new Set(tags)) if ((await target.resolve(to, tag, signal))?.digest !== digest) missing.push(tag)
  return missing
}

interface Root {
  readonly digest: Digest
  /** Tags that do not name it yet. */
  readonly missing: readonly string[]
  /** It was there before this copy began, with its tags. */
  readonly isComplete: boolean
  readonly withReferrers: boolean
  readonly lookInside: 'nothing' | 'indexes' | 'everything'
}

async function copyWhole(run: CopyRun, image: Root): Promise<void> {
  const { digest, missing, isComplete, withReferrers, lookInside } = image
  const blobs = new BlobCopier(run)
  const known = isComplete ? { rootIsPresent: true } : {}
  const plan = await planCopy(run, { root: digest, lookInside, skipPresent: true, ...known })
  const parts = newParts(plan)
  const everything = new Set(parts)
  const companions = withReferrers ? await findCompanions(run, parts) : []
  await bringPlan(run, blobs, plan, companions.length === 0 ? missing : [])
  const root = plan.at(-1)
  const done = () => run.route.brought?.add(run.route, everything, root?.manifest)
  if (companions.length === 0) return done()
  await copyCompanions(run, { parts, companions }, async (companion) => {
    const left = await tagsMissing(run, companion.digest, companion.tags)
    if (companion.tags.length > 0 && left.length === 0) return [companion.digest]
    // Where an earlier copy broke off, a referrer may be there without being in the list of its subject.
    const found = await planCopy(run, {
      root: companion.digest,
      lookInside: 'everything',
      skipPresent: isComplete,
    })
    await bringPlan(run, blobs, found, left)
    const brought = newParts(found)
    for (const part of brought) everything.add(part)
    return brought
  })
  done()
  if (root === undefined || missing.length === 0) return
  await putManifest(run, root, missing)
  if (root.isPresent) run.report({ type: 'manifest', digest, how: 'copied' })
}

/** Those of which it is still to be asked what is about them. */
function newParts(plan: readonly PlannedManifest[]): Digest[] {
  return plan.flatMap(({ digest, isBrought }) => (isBrought === true ? [] : [digest]))
}

/** `tags` are those of the root, which comes last. */
async function bringPlan(
  run: CopyRun,
  blobs: BlobCopier,
  plan: readonly PlannedManifest[],
  tags: readonly string[],
): Promise<void> {
  await blobs.bring(plan.flatMap((planned) => planned.blobs))
  for (const [index, planned] of plan.entries()) {
    run.route.signal?.throwIfAborted()
    const own = index === plan.length - 1 ? tags : []
    if (!planned.isPresent || own.length > 0) await putManifest(run, planned, own)
    run.report({
      type: 'manifest',
      digest: planned.digest,
      how: planned.isPresent && own.length === 0 ? 'present' : 'copied',
    })
  }
}

async function putManifest(run: CopyRun, planned: PlannedManifest, tags: readonly string[]): Promise<void> {
  const { target, to, signal } = run.route
  const manifest = planned.manifest ?? (await fetchManifest(run, planned.digest))
  try {
    await target.putManifest(to, manifest, tags, signal)
  } catch (error) {
    if (planned.leftOut.length > 0 && isAboutContent(error)) throw refusedSparse(run, planned, error)
    throw error
  }
}

function isAboutContent(error: unknown): boolean {
  if (error instanceof RemoteError) return error.kind === 'invalid'
  return error instanceof OciError && ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_INVALID'].includes(error.code)
}

function refusedSparse({ route }: CopyRun, { leftOut }: PlannedManifest, cause: unknown): RemoteError {
  const names = `${leftOut.slice(0, 5).join(', ')}${leftOut.length > 5 ? ', …' : ''}`
  return new RemoteError(
    'invalid',
    `${route.target.label} does not take an index of which images are missing (${names}): copy all platforms, or one image by its own digest; a Berth takes it with content.sparse`,
    { cause },
  )
}
