import { createHash } from 'node:crypto'
import { algorithmOf, type Digest, isDigest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ImageSource } from '../registry/image-source.ts'
import { listReferrers } from '../registry/lists.ts'
import { localSource } from '../registry/local-source.ts'
import type { Registry } from '../registry/registry.ts'
import { mayBeSignature, type Referrer, type SignaturePlace } from './discover.ts'
import { MAX_CONTENT_BYTES } from './manifest-layers.ts'

/** Another registry’s repository, or one in a file. */
export function sourcePlace(source: ImageSource, name: string): SignaturePlace {
  return {
    referrers: async (subject, limit) => {
      const found = (await source.referrers(name, subject)).flatMap(({ digest, artifactType }) =>
        isDigest(digest) && mayBeSignature(artifactType) ? [{ digest, artifactType }] : [],
      )
      return found.slice(0, limit)
    },
    manifest: async (reference) => {
      const manifest = await source.manifest(name, reference)
      if (manifest === undefined || manifest.content.byteLength > MAX_CONTENT_BYTES) return undefined
      return { digest: manifest.digest, content: manifest.content }
    },
    blob: async (digest) => {
      const blob = await source.blob(name, digest, { sizeBytes: MAX_CONTENT_BYTES })
      return blob && readBounded(blob.body, digest)
    },
  }
}

const PAGE = 500
const MAX_LOOKED_THROUGH = 10_000

/** A repository of ours. */
export function localPlace(registry: Registry, name: RepositoryName): SignaturePlace {
  return {
    ...sourcePlace(localSource(registry), name),
    referrers: (subject, limit) => referrersHere(registry, { name, subject }, limit),
  }
}

async function referrersHere(
  registry: Registry,
  of: { readonly name: RepositoryName; readonly subject: Digest },
  limit: number,
): Promise<readonly Referrer[]> {
  const found: Referrer[] = []
  let after: string | undefined = ''
  for (let seen = 0; after !== undefined && found.length < limit && seen < MAX_LOOKED_THROUGH;) {
    const page = await listReferrers(registry, { ...of, artifactTypes: [], page: { after, limit: PAGE } })
    for (const { digest, artifactType } of page.items)
      if (mayBeSignature(artifactType)) found.push({ digest, artifactType })
    seen += page.items.length
    after = page.next
  }
  return found.slice(0, limit)
}

/** Undefined: it is longer than it may be, or not what its digest says. */
async function readBounded(body: ReadableStream<Uint8Array>, digest: Digest): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  const hash = createHash(algorithmOf(digest))
  for await (const part of body) {
    sizeBytes += part.byteLength
    // Leaving the loop cancels the rest.
    if (sizeBytes > MAX_CONTENT_BYTES) return undefined
    parts.push(part)
    hash.update(part)
  }
  return `${algorithmOf(digest)}:${hash.digest('hex')}` === digest ? Buffer.concat(parts) : undefined
}
