import type { Listener, Operation } from '../registry/operation.ts'
import { forgetChecks } from './store.ts'

/** By this a change is known that an upstream made. */
export const UPSTREAM_ACTOR = 'job:upstream:'

/**
 * What somebody pushes, or moves, is ours from then on, also when it is what the upstream has at the moment.
 * `mayMatter`: whether there are sources at all.
 */
export function ownTagsListener(mayMatter: () => boolean): Listener {
  return {
    name: 'own-tags',
    heard: async (operation, tx) => {
      const tags = tagsOf(operation)
      if (tags.length === 0 || operation.actor.id.startsWith(UPSTREAM_ACTOR) || !mayMatter()) return
      await forgetChecks(tx, operation.repositoryId, tags)
    },
  }
}

function tagsOf(operation: Operation) {
  return operation.type === 'push-manifest' || operation.type === 'move-tags'
    ? operation.tags.map(({ tag }) => tag)
    : []
}
