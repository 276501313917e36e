import { forgetVerdictsAround, forgetVerdictsOf, hasVerdicts } from '../metadata/policy-verdicts.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import { digestInTag } from '../oci/tag-about.ts'
import type { Listener, Operation } from '../registry/operation.ts'

/** Forgets, in the change's own transaction, what was said of an image whose signatures or indexes come or go. */
export function policyListener(): Listener {
  return {
    name: 'policy',
    heard: async (operation, tx) => {
      const { repositoryId } = operation
      if (operation.type === 'restore-repository') return forgetVerdictsOf(tx, repositoryId)
      const digests = concerned(operation)
      if (digests.length === 0 || !(await hasVerdicts(tx, repositoryId))) return
      await forgetVerdictsAround(tx, repositoryId, digests)
    },
  }
}

function concerned(operation: Operation): Digest[] {
  switch (operation.type) {
    case 'push-manifest': {
      const { manifest, digest, tags } = operation
      const speaks = manifest.kind === 'index' || manifest.subject !== undefined
      return [...(speaks ? [digest] : []), ...about(tags.map(({ tag }) => tag))]
    }
    case 'move-tags':
      return about(operation.tags.map(({ tag }) => tag))
    case 'delete-tag':
      return about([operation.tag])
    case 'delete-manifests':
      return [...operation.digests, ...about(operation.tags)]
    case 'restore-manifests':
      return [...operation.digests]
    default:
      return []
  }
}

function about(tags: readonly Tag[]): Digest[] {
  return tags.flatMap((tag) => digestInTag(tag) ?? [])
}
