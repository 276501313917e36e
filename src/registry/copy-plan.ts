import { isDigest, type Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { MANIFEST_KINDS } from '../oci/media-type.ts'
import { MAX_COPY_DEPTH, type CopyRun } from './copy-run.ts'
import type { FetchedManifest } from './image-source.ts'
import { imagesFor, type PlatformImage, platformImages } from './platforms.ts'
import { digestOfBytes } from './running-hashes.ts'

/** A manifest of an image that is copied. */
export interface PlannedManifest {
  readonly digest: Digest
  /** Whether the target has it, and so everything that it names. */
  readonly isPresent: boolean
  /** Everything about it is there, too: the same run brought it. */
  readonly isBrought?: boolean
  /** Undefined only of what is present. */
  readonly manifest: FetchedManifest | undefined
  readonly blobs: readonly Descriptor[]
  readonly children: readonly Digest[]
  /** Of an index the images that are not copied, for people. */
  readonly leftOut: readonly string[]
}

export interface PlanRequest {
  readonly root: Digest
  /** The target is known to have, or to lack, the root; undefined: ask. */
  readonly rootIsPresent?: boolean
  /**
   * Of what the target has: not looked into; only into indexes, which may be there without all their images; or into
   * everything, because the signatures of all parts are wanted.
   */
  readonly lookInside: 'nothing' | 'indexes' | 'everything'
  /** Whether the target is asked for what it has; otherwise every manifest is put again. */
  readonly skipPresent: boolean
}

/** Everything below the root, each after what it needs, and each once however many paths lead to it. @throws RemoteError */
export async function planCopy(run: CopyRun, request: PlanRequest): Promise<PlannedManifest[]> {
  const planned = new Map<Digest, PlannedManifest>()
  const seen = new Set<Digest>([request.root])
  let level: readonly Digest[] = [request.root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_COPY_DEPTH) throw run.invalid(`its indexes are nested deeper than ${MAX_COPY_DEPTH} levels`)
    await run.each(level, async (digest) => {
      run.countManifest()
      planned.set(digest, await planOne(run, request, digest))
    })
    const found = level.flatMap((digest) => planned.get(digest)?.children ?? [])
    level = [...new Set(found)].filter((digest) => !seen.has(digest))
    for (const digest of level) seen.add(digest)
  }
  return needsFirst(dropMissing(planned), request.root)
}

async function planOne(run: CopyRun, request: PlanRequest, digest: Digest): Promise<PlannedManifest> {
  const { source, target, from, to, signal } = run.route
  const isRoot = digest === request.root
  if (run.isBrought(digest)) return { ...presentManifest(digest), isBrought: true }
  const found = await findPresent()
  const present = found !== undefined
  if (found !== undefined && !looksInto(request, found)) return presentManifest(digest)
  // An index may be incomplete where it comes from, too: whether it may be so at the target is the target's to say.
  const manifest = await (isRoot ? fetchManifest(run, digest) : source.manifest(from, digest, signal))
  if (manifest === undefined) return nothing(digest, present)
  const parsed = parseFetched(run, digest, manifest)
  run.countManifestBytes(manifest.content.byteLength)
  const { kept, leftOut } = chosenImages(run, parsed, manifest.content)
  const isManifest = ({ mediaType, digest: child }: Descriptor) =>
    MANIFEST_KINDS[mediaType] !== undefined && isDigest(child)
  return {
    digest,
    manifest,
    isPresent: present,
    // An index may list blobs too: build caches do (moby/buildkit cache export).
    blobs: present ? [] : [...parsed.blobs, ...kept.filter((child) => !isManifest(child))],
    children: kept.filter(isManifest).map((child) => child.digest as Digest),
    leftOut,
  }

  async function findPresent(): Promise<{ readonly mediaType?: string } | undefined> {
    if (isRoot && request.rootIsPresent !== undefined) return request.rootIsPresent ? {} : undefined
    return request.skipPresent ? target.resolve(to, digest, signal) : undefined
  }
}

function looksInto({ lookInside }: PlanRequest, { mediaType }: { readonly mediaType?: string }): boolean {
  if (lookInside !== 'indexes') return lookInside === 'everything'
  return mediaType === undefined || MANIFEST_KINDS[mediaType] !== 'image'
}

/** @throws RemoteError when the source lacks it */
export async function fetchManifest(run: CopyRun, digest: Digest): Promise<FetchedManifest> {
  const { source, from, signal } = run.route
  const manifest = await source.manifest(from, digest, signal)
  if (manifest === undefined) throw run.invalid(`the manifest ${digest} is not there`)
  requireBytes(run, digest, manifest)
  return manifest
}

function requireBytes(run: CopyRun, digest: Digest, { content }: FetchedManifest): void {
  if (digestOfBytes(digest, content) !== digest) throw run.invalid(`it gave other bytes for the manifest ${digest}`)
}

/** One that the target has. */
export function presentManifest(digest: Digest): PlannedManifest {
  return nothing(digest, true)
}

function nothing(digest: Digest, isPresent: boolean): PlannedManifest {
  return { digest, isPresent, manifest: undefined, blobs: [], children: [], leftOut: [] }
}

/** Whatever the source says of it: the bytes are what the digest says. @throws RemoteError */
function parseFetched(run: CopyRun, digest: Digest, fetched: FetchedManifest): Manifest {
  requireBytes(run, digest, fetched)
  try {
    return parseManifest(fetched.content, fetched.mediaType)
  } catch (error) {
    if (error instanceof OciError) throw run.invalid(`the manifest ${digest} cannot be used: ${error.message}`)
    throw error
  }
}

function chosenImages(
  run: CopyRun,
  parsed: Manifest,
  content: Uint8Array,
): { readonly kept: readonly Descriptor[]; readonly leftOut: readonly string[] } {
  const images = platformImages(parsed, content)
  const { platforms } = run.route
  const { kept, leftOut } = imagesFor(images, platforms)
  if (images.length > 0 && kept.length === 0)
    throw run.invalid(
      `it has no image for ${platforms?.join(', ')}; it has ${[...new Set(images.map(nameOf))].join(', ')}`,
    )
  return { kept: kept.map(({ descriptor }) => descriptor), leftOut: leftOut.map(nameOf) }
}

function nameOf({ platform, descriptor }: PlatformImage): string {
  return platform ?? descriptor.digest
}

/** Children that are neither here nor there are left out. */
function dropMissing(planned: ReadonlyMap<Digest, PlannedManifest>): ReadonlyMap<Digest, PlannedManifest> {
  const isMissing = (digest: Digest) => {
    const child = planned.get(digest)
    return child?.manifest === undefined && child?.isPresent !== true
  }
  const remaining = [...planned].filter(([digest]) => !isMissing(digest))
  return new Map(
    remaining.map(([digest, node]) => {
      const missing = node.children.filter(isMissing)
      const children = node.children.filter((child) => !isMissing(child))
      return [digest, { ...node, children, leftOut: [...node.leftOut, ...missing] }]
    }),
  )
}

function needsFirst(planned: ReadonlyMap<Digest, PlannedManifest>, root: Digest): PlannedManifest[] {
  const ordered = new Map<Digest, PlannedManifest>()
  const visit = (digest: Digest): void => {
    const node = planned.get(digest)
    if (node === undefined || ordered.has(digest)) return
    for (const child of node.children) visit(child)
    ordered.set(digest, node)
  }
  visit(root)
  return [...ordered.values()]
}
