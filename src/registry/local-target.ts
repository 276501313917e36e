import { parseDigest, type Digest } from '../oci/digest.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { OciError } from '../oci/errors.ts'
import { isRepositoryName, isTag, parseRepositoryName, parseTag, type RepositoryName } from '../oci/name.ts'
import { findRepository } from '../metadata/repositories.ts'
import { deleteTag } from './delete-content.ts'
import { uploadWhole } from './finish-upload.ts'
import type { ImageTarget, OpenBlob } from './image-source.ts'
import type { LocalUse } from './local-images.ts'
import { LOCAL_LABEL, resolveLocal } from './local-source.ts'
import { mountBlob } from './mount-blob.ts'
import { findSoundBlob } from './pull-blob.ts'
import { pushManifest } from './push-manifest.ts'
import { resuming } from './resuming.ts'

export function localTarget(use: LocalUse): ImageTarget {
  const { registry, actor, overwriteRefusal } = use
  return {
    label: LOCAL_LABEL,
    resolve: async (name, reference) => resolveLocal(registry, name, reference),
    hasBlob: async (name, digest) => isRepositoryName(name) && hasBlob(use, name, digest),
    mountBlob: async (name, digest, from) => {
      if (!isRepositoryName(from)) return false
      const to = parseRepositoryName(name)
      return mountBlob(registry, { digest, to, from, actor, mayPull: async () => true })
    },
    putBlob: async (name, blob, open, signal) => putBlob(use, { name, blob, open, signal }),
    putManifest: async (name, { digest, mediaType, content }, tags) => {
      const repository = parseRepositoryName(name)
      await pushManifest(registry, {
        ...{ repository, content, actor, overwriteRefusal },
        reference: { digest },
        tags: tags.map(parseTag),
        contentType: mediaType,
      })
    },
    deleteTag: async (name, tag) => {
      if (!isRepositoryName(name) || !isTag(tag)) return false
      return registry.database.write(async (tx) => {
        const repositoryId = await findRepository(tx, name)
        return repositoryId !== undefined && deleteTag(registry, tx, { repository: name, repositoryId, actor }, tag)
      }, name)
    },
  }
}

/** One whose bytes are gone is not there: putting it repairs it. */
async function hasBlob({ registry }: LocalUse, name: RepositoryName, digest: Digest): Promise<boolean> {
  await registry.database.refresh()
  try {
    await findSoundBlob(registry, name, digest)
    return true
  } catch (error) {
    if (error instanceof OciError && error.code === 'BLOB_UNKNOWN') return false
    throw error
  }
}

interface Put {
  readonly name: string
  readonly blob: Descriptor
  readonly open: OpenBlob
  readonly signal: AbortSignal | undefined
}

/** Nothing is left of one that did not come to its end. @throws OciError DIGEST_INVALID when it is another one */
async function putBlob({ registry, actor }: LocalUse, { name, blob, open, signal }: Put): Promise<void> {
  const repository = parseRepositoryName(name)
  const digest = parseDigest(blob.digest)
  const body = resuming({ open, sizeBytes: blob.size, clock: registry.clock, signal })
  await uploadWhole(
    registry,
    { repository, principal: actor.id },
    { digest, actor, stillAllowed: async () => signal?.throwIfAborted() },
    { body, declaredBytes: blob.size, range: undefined },
  )
}
