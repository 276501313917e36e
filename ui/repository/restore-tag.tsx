import { api, bodyOf } from '../api/client.ts'
import { AskButton } from '../kit/ask-button.tsx'

export function RestoreTag({ repository, tag }: { readonly repository: string; readonly tag: string }) {
  return (
    <AskButton
      text="Restore"
      label={`Restore ${tag}`}
      tone="plain"
      title={`Restore the tag ${tag}?`}
      action="Restore the tag"
      said={`The tag ${tag} is there again.`}
      work={() =>
        bodyOf(api.POST('/repositories/{repository}/tags/{tag}/restore', { params: { path: { repository, tag } } }))
      }
    >
      It names again what it named last, which comes back from the recycle bin if it is there.
    </AskButton>
  )
}
