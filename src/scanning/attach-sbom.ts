import { createHash } from 'node:crypto'
import type { Actor } from '../lib/actor.ts'
import type { ManifestHead } from '../metadata/manifests.ts'
import { type Digest, parseDigest } from '../oci/digest.ts'
import { type MediaType, OCI_MANIFEST } from '../oci/media-type.ts'
import type { RepositoryName } from '../oci/name.ts'
import { uploadWhole } from '../registry/finish-upload.ts'
import { pushManifest } from '../registry/push-manifest.ts'
import type { Registry } from '../registry/registry.ts'

/** A document to be attached to a manifest, by who may push there. */
interface Attachment {
  readonly repository: RepositoryName
  readonly subject: Pick<ManifestHead, 'digest' | 'mediaType' | 'sizeBytes'>
  readonly mediaType: string
  readonly content: Uint8Array<ArrayBuffer>
  readonly annotations: Readonly<Record<string, string>>
  readonly actor: Actor
  readonly stillAllowed: () => Promise<void>
}

const EMPTY = new TextEncoder().encode('{}')
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json'

/** Pushes a referrer (image-spec manifest.md, "Guidelines for Artifact Usage"), as any client would. Returns its digest. */
export async function attachDocument(registry: Registry, attachment: Attachment): Promise<Digest> {
  const { repository, subject, mediaType, content, annotations, actor } = attachment
  const config = await pushBlob(registry, attachment, EMPTY)
  const layer = await pushBlob(registry, attachment, content)
  const manifest = new TextEncoder().encode(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: mediaType },
      config: { mediaType: EMPTY_TYPE, digest: config, size: EMPTY.byteLength },
      layers: [{ mediaType, digest: layer, size: content.byteLength }],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.sizeBytes },
      annotations,
    }),
  )
  const { digest } = await pushManifest(registry, {
    ...{ repository, tags: [], content: manifest, actor },
    reference: { digest: sha256Of(manifest) },
    contentType: OCI_MANIFEST as MediaType,
    overwriteRefusal: undefined,
  })
  return digest
}

async function pushBlob(
  registry: Registry,
  { repository, actor, stillAllowed }: Attachment,
  content: Uint8Array<ArrayBuffer>,
): Promise<Digest> {
  const digest = sha256Of(content)
  await uploadWhole(
    registry,
    { repository, principal: actor.id },
    { digest, actor, stillAllowed },
    { body: once(content), declaredBytes: content.byteLength, range: undefined },
  )
  return digest
}

function sha256Of(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}
