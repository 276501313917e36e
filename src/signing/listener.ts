import type { Transaction } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import { isDigest } from '../oci/digest.ts'
import { digestInTag } from '../oci/tag-about.ts'
import type { Listener, Operation } from '../registry/operation.ts'
import { forgetRepository, forgetResults } from './store.ts'

/** Forgets what is known of a manifest’s signatures when one comes or goes, in the same transaction. */
export const signingListener: Listener = {
  name: 'signing',
  heard: async (operation, tx) => {
    const { repositoryId } = operation
    if (mayChangeAll(operation)) return forgetRepository(tx, repositoryId)
    const subjects = subjectsOf(operation)
    if (subjects.length > 0) await forget(tx, repositoryId, subjects)
  },
}

function forget(tx: Transaction, repositoryId: number, subjects: readonly Digest[]): Promise<void> {
  return forgetResults(tx, repositoryId, [...new Set(subjects)])
}

/** Whatever goes or comes back may be a signature; looking what each was about would cost more. */
function mayChangeAll({ type }: Operation): boolean {
  return ['delete-manifests', 'restore-manifests', 'delete-repository', 'restore-repository'].includes(type)
}

/** The manifests that the change may have given or taken a signature. */
function subjectsOf(operation: Operation): Digest[] {
  switch (operation.type) {
    case 'push-manifest': {
      const subject = operation.manifest.subject?.digest
      return [...aboutTags(operation.tags), ...(subject !== undefined && isDigest(subject) ? [subject] : [])]
    }
    case 'move-tags':
      return aboutTags(operation.tags)
    case 'delete-tag':
      return aboutTags([operation])
    default:
      return []
  }
}

function aboutTags(tags: readonly { readonly tag: string }[]): Digest[] {
  return tags.flatMap(({ tag }) => digestInTag(tag) ?? [])
}
