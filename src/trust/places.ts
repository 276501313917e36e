import { createHash } from 'node:crypto'
import { algorithmOf, type Digest, isDigest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ImageSource } from '../registry/image-source.ts'
import { localSource } from '../registry/local-source.ts'
import type { Registry } from '../registry/registry.ts'
import { fromBothEnds } from './bounded.ts'
import { mayBeSignature, type SignaturePlace } from './discover.ts'
import { listSignatureReferrers } from './referrer-store.ts'

const MAX_CONTENT_BYTES = 4 * 1024 * 1024
const CREATED = 'org.opencontainers.image.created'

/** Another registry’s repository, or one in a file. */
export function sourcePlace(source: ImageSource, name: string): SignaturePlace {
  return {
    referrers: async (subject, limit) => {
      const found = (await source.referrers(name, subject)).flatMap(({ digest, artifactType, annotations }) => {
        // Only as they say themselves: nobody else knows when they came.
        const created = annotations?.[CREATED] ?? ''
        return isDigest(digest) && mayBeSignature(artifactType) ? [{ digest, artifactType, created }] : []
      })
      return fromBothEnds(found.sort((one, other) => (one.created < other.created ? 1 : -1))).slice(0, limit)
    },
    manifest: async (reference) => {
      const manifest = await source.manifest(name, reference)
      if (manifest === undefined || manifest.content.byteLength > MAX_CONTENT_BYTES) return undefined
      return { digest: manifest.digest, content: manifest.content }
    },
    blob: async (digest, maxBytes) => {
      const blob = await source.blob(name, digest, { sizeBytes: maxBytes })
      return blob && readBounded(blob.body, digest, maxBytes)
    },
  }
}

/** A repository of ours. */
export function localPlace(registry: Registry, name: RepositoryName): SignaturePlace {
  return {
    ...sourcePlace(localSource(registry), name),
    referrers: async (subject, limit) => {
      const of = { name, subject, limit: Math.ceil(limit / 2) }
      const newest = await listSignatureReferrers(registry.database.reader, { ...of, order: 'desc' })
      const oldest = await listSignatureReferrers(registry.database.reader, { ...of, order: 'asc' })
      const inTurn = newest.flatMap((each, index) => [each, ...oldest.slice(index, index + 1)])
      return [...new Map(inTurn.map((each) => [each.digest, each])).values()]
    },
  }
}

/** Undefined: it is longer than it may be, or not what its digest says. */
async function readBounded(
  body: ReadableStream<Uint8Array>,
  digest: Digest,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  const hash = createHash(algorithmOf(digest))
  for await (const part of body) {
    sizeBytes += part.byteLength
    // Leaving the loop cancels the rest.
    if (sizeBytes > maxBytes) return undefined
    parts.push(part)
    hash.update(part)
  }
  return `${algorithmOf(digest)}:${hash.digest('hex')}` === digest ? Buffer.concat(parts) : undefined
}
