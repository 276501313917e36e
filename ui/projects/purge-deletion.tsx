import { api, bodyOf } from '../api/client.ts'
import { AskButton } from '../kit/ask-button.tsx'
import type { Deletion } from './recycle-bin.tsx'

export function PurgeDeletion({ deletion: { id, repository, manifests } }: { readonly deletion: Deletion }) {
  return (
    <AskButton
      text="Purge"
      label={`Purge deletion ${id}`}
      title="Remove it for good?"
      action="Remove it for good"
      said="It is gone for good."
      work={() => bodyOf(api.DELETE('/deletions/{deletion}', { params: { path: { deletion: id } } }))}
    >
      {manifests === 1 ? 'One manifest' : `${manifests.toLocaleString()} manifests`} of {repository} cannot be restored
      after that. What nothing else needs frees its place at the next collection.
    </AskButton>
  )
}
