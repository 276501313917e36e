import { z } from 'zod'
import { type Digest, isDigest } from '../oci/digest.ts'
import { parseStrictJson } from '../oci/strict-json.ts'
import { MAX_SIGNATURES, type SignatureManifest } from './signature.ts'

/** A manifest that says that it is about another. */
export interface Referrer {
  readonly digest: Digest
  readonly artifactType: string | undefined
}

/** One repository, wherever it is, in which signatures are looked for. Nothing that it gives is longer than 4 MiB. */
export interface SignaturePlace {
  /** Of those that may be signatures (`mayBeSignature`), so many at least, where there are so many. */
  referrers(subject: Digest, limit: number): Promise<readonly Referrer[]>
  /** `reference`: a tag or a digest. */
  manifest(reference: string): Promise<SignatureManifest | undefined>
  blob(digest: Digest): Promise<Uint8Array | undefined>
}

const SIGSTORE = 'application/vnd.dev.sigstore.bundle'
/** Of cosign 2, when it was told to write referrers. */
const COSIGN = 'application/vnd.dev.cosign.artifact.'
const NOTATION = 'application/vnd.cncf.notary.signature'

/** Whether it is worth to be looked at. What says nothing of its type may be anything. */
export function mayBeSignature(artifactType: string | undefined): boolean {
  if (artifactType === undefined || artifactType === '') return true
  return artifactType === NOTATION || [SIGSTORE, COSIGN].some((prefix) => artifactType.startsWith(prefix))
}

/** Where cosign puts signatures and attestations. */
const ENDINGS = ['.sig', '.att']

export interface Discovered {
  readonly manifests: readonly SignatureManifest[]
  /** For people. */
  readonly problems: readonly string[]
}

/**
 * Everything that may be a signature of the subject, wherever clients put such: under cosign's tags, as referrers, and in
 * the list that clients keep where a registry has no referrers API.
 */
export async function discoverSignatures(place: SignaturePlace, subject: Digest): Promise<Discovered> {
  const found = new Map<Digest, SignatureManifest | undefined>()
  const tag = subject.replace(':', '-')
  for (const ending of ENDINGS) {
    const manifest = await place.manifest(`${tag}${ending}`)
    if (manifest !== undefined) found.set(manifest.digest, manifest)
  }
  const fallback = await place.manifest(tag)
  const listed = [
    ...(await place.referrers(subject, MAX_SIGNATURES + 1)),
    ...(fallback === undefined ? [] : referrersIn(fallback.content)),
  ]
  for (const { digest, artifactType } of listed)
    if (!found.has(digest) && mayBeSignature(artifactType)) found.set(digest, undefined)
  const looked = [...found].slice(0, MAX_SIGNATURES)
  const manifests: SignatureManifest[] = []
  for (const [digest, known] of looked) {
    const manifest = known ?? (await place.manifest(digest))
    if (manifest !== undefined) manifests.push(manifest)
  }
  const problems =
    found.size > MAX_SIGNATURES
      ? [`there are more than ${MAX_SIGNATURES} signatures and attestations; the others were not looked at`]
      : []
  return { manifests, problems }
}

const entry = z.object({ digest: z.string().refine(isDigest), artifactType: z.string().max(255).nullish() })
const indexSchema = z.object({ manifests: z.array(z.unknown()).max(1000) })

/** The tag may be anything: nobody keeps such names free. */
function referrersIn(content: Uint8Array): readonly Referrer[] {
  const index = indexSchema.safeParse(jsonOrNot(content))
  if (!index.success) return []
  return index.data.manifests.flatMap((each) => {
    const parsed = entry.safeParse(each)
    return parsed.success ? [{ digest: parsed.data.digest, artifactType: parsed.data.artifactType ?? undefined }] : []
  })
}

function jsonOrNot(content: Uint8Array): unknown {
  try {
    return parseStrictJson(content)
  } catch {
    return undefined
  }
}
