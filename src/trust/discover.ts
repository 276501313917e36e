import { z } from 'zod'
import { type Digest, isDigest } from '../oci/digest.ts'
import { fromBothEnds, parseBoundedJson } from './bounded.ts'
import { MAX_MANIFEST_BYTES } from './manifest-layers.ts'
import type { SignatureManifest } from './signature.ts'
import { COSIGN, NOTATION, SIGSTORE } from './signature-types.ts'

/** A manifest that says that it is about another. */
export interface Referrer {
  readonly digest: Digest
  readonly artifactType: string | undefined
}

/** One repository, wherever it is, in which signatures are looked for. */
export interface SignaturePlace {
  /** Of those that may be signatures (`mayBeSignature`) at most so many, the newest and the oldest in turn. */
  referrers(subject: Digest, limit: number): Promise<readonly Referrer[]>
  /** `reference`: a tag or a digest. Undefined also for one of more than 4 MiB. */
  manifest(reference: string): Promise<SignatureManifest | undefined>
  /** Undefined also for one of more than so many bytes. */
  blob(digest: Digest, maxBytes: number): Promise<Uint8Array | undefined>
}

/** Whether it is worth to be looked at. What says nothing of its type may be anything. */
export function mayBeSignature(artifactType: string | undefined): boolean {
  if (artifactType === undefined || artifactType === '') return true
  return artifactType === NOTATION || [SIGSTORE, COSIGN].some((prefix) => artifactType.startsWith(prefix))
}

/** Of these many nothing more is known than that they are there. */
export const MAX_LISTED = 1000

/** One way in which clients bring signatures to an image. What comes one way takes no place from what comes another. */
export interface Way {
  readonly name: 'signatures' | 'attestations' | 'referrers' | 'list'
  /** What to look at, in this order. */
  readonly references: readonly string[]
}

/**
 * Everything that may be a signature of the subject, wherever clients put such: under cosign's tags, as referrers, and in
 * the list that clients keep where a registry has no referrers API.
 */
export async function discoverSignatures(place: SignaturePlace, subject: Digest): Promise<readonly Way[]> {
  const tag = subject.replace(':', '-')
  const referrers = await place.referrers(subject, MAX_LISTED)
  const list = await place.manifest(tag)
  const listed = list === undefined ? [] : fromBothEnds(referrersIn(list.content))
  const digestsOf = (found: readonly Referrer[]) =>
    found.flatMap(({ digest, artifactType }) => (mayBeSignature(artifactType) ? [digest] : []))
  return [
    { name: 'signatures', references: [`${tag}.sig`] },
    { name: 'attestations', references: [`${tag}.att`] },
    { name: 'referrers', references: digestsOf(referrers) },
    { name: 'list', references: digestsOf(listed) },
  ]
}

const entry = z.object({ digest: z.string().refine(isDigest), artifactType: z.string().max(255).nullish() })
const indexSchema = z.object({ manifests: z.array(z.unknown()).max(MAX_LISTED) })

/** The tag may be anything: nobody keeps such names free. */
function referrersIn(content: Uint8Array): readonly Referrer[] {
  if (content.byteLength > MAX_MANIFEST_BYTES) return []
  const index = indexSchema.safeParse(jsonOrNot(content))
  if (!index.success) return []
  return index.data.manifests.flatMap((each) => {
    const parsed = entry.safeParse(each)
    return parsed.success ? [{ digest: parsed.data.digest, artifactType: parsed.data.artifactType ?? undefined }] : []
  })
}

function jsonOrNot(content: Uint8Array): unknown {
  try {
    return parseBoundedJson(content)
  } catch {
    return undefined
  }
}
