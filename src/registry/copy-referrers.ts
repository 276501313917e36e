import { type Digest, isDigest } from '../oci/digest.ts'
import { MANIFEST_KINDS } from '../oci/media-type.ts'
import { isTag } from '../oci/name.ts'
import { MAX_COPY_DEPTH, type CopyRun } from './copy-run.ts'

/** A manifest that is about another one. */
export interface Companion {
  readonly digest: Digest
  /** The tag that it is found by, as cosign names it; empty for what has a subject. */
  readonly tags: readonly string[]
}

/** How cosign names what belongs to an image where it does not use referrers. */
const COSIGN_SUFFIXES = ['sig', 'att', 'sbom']

/**
 * Calls `bring` with everything that is about these manifests, and with what is about that: an SBOM may be signed, too.
 * One after the other, because a place without a referrers API keeps them in one list. `bring` returns the manifests
 * that it brought, which may have companions of their own.
 */
export async function copyCompanions(
  run: CopyRun,
  found: { readonly parts: readonly Digest[]; readonly companions: readonly Companion[] },
  bring: (companion: Companion) => Promise<readonly Digest[]>,
): Promise<void> {
  const seen = new Set<Digest>(found.parts)
  let { companions } = found
  for (let depth = 1; companions.length > 0; depth++) {
    if (depth > MAX_COPY_DEPTH)
      throw run.invalid(`signatures are about signatures more than ${MAX_COPY_DEPTH} levels deep`)
    const brought: Digest[] = []
    for (const companion of companions) brought.push(...(await bring(companion)))
    const added = [...new Set(brought)].filter((digest) => !seen.has(digest))
    for (const digest of added) seen.add(digest)
    companions = await findCompanions(run, added)
  }
}

/** What is about these manifests, in their order. */
export async function findCompanions(run: CopyRun, subjects: readonly Digest[]): Promise<Companion[]> {
  const found = new Map<Digest, readonly Companion[]>()
  await run.each(subjects, async (subject) => {
    found.set(subject, [...(await withSubject(run, subject)), ...(await tagged(run, subject))])
  })
  return subjects.flatMap((subject) => found.get(subject) ?? [])
}

async function withSubject(run: CopyRun, subject: Digest): Promise<Companion[]> {
  const { source, from, signal } = run.route
  if (subject.startsWith('sha256:') && run.lacksTag(subject.replace(':', '-'))) return []
  const descriptors = await source.referrers(from, subject, signal)
  return descriptors.flatMap(({ digest, mediaType }) =>
    isDigest(digest) && MANIFEST_KINDS[mediaType] !== undefined ? [{ digest, tags: [] }] : [],
  )
}

async function tagged(run: CopyRun, subject: Digest): Promise<Companion[]> {
  const { source, from, signal } = run.route
  const companions: Companion[] = []
  for (const suffix of COSIGN_SUFFIXES) {
    const tag = `${subject.replace(':', '-')}.${suffix}`
    // A SHA-512 digest is too long for a tag.
    const found = isTag(tag) && !run.lacksTag(tag) ? await source.resolve(from, tag, signal) : undefined
    if (found !== undefined) companions.push({ digest: found.digest, tags: [tag] })
  }
  return companions
}
