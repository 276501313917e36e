import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { Form, TextField, textOf } from '../kit/form.tsx'
import type { Deletion } from './recycle-bin.tsx'

interface RestoreDeletionProps {
  readonly deletion: Deletion
  readonly onClose: () => void
}

export function RestoreDeletion({ deletion: { id, kind, repository }, onClose }: RestoreDeletionProps) {
  const { mutate, error, isPending } = useChange({
    work: (to: string | undefined) =>
      bodyOf(
        api.POST('/deletions/{deletion}/restore', {
          params: { path: { deletion: id } },
          body: { ...(to !== undefined && { to }) },
        }),
      ),
    said: (done) => sentenceOf(done),
    onDone: onClose,
  })
  return (
    <Form
      action="Restore"
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={(form) => {
        const to = textOf(form, 'to')
        mutate(to === repository ? undefined : to)
      }}
    >
      <p className="mb-3 text-sm text-soft">
        Everything that this deletion took comes back with its tags. Tags that name something else by now stay as they
        are.
      </p>
      {kind === 'repository' && (
        <TextField
          name="to"
          label="As the repository"
          hint="Another name where one of this name is there again."
          defaultValue={repository}
          required
          autoCapitalize="none"
          spellCheck={false}
        />
      )}
    </Form>
  )
}

interface Done {
  readonly repository: string
  readonly tags: readonly string[]
  readonly skippedTags: readonly { readonly tag: string }[]
}

function sentenceOf({ repository, tags, skippedTags }: Done): string {
  const back = `Restored to ${repository}, with ${tags.length} ${tags.length === 1 ? 'tag' : 'tags'}.`
  if (skippedTags.length === 0) return back
  return `${back} ${skippedTags.map(({ tag }) => tag).join(', ')}: something else has the name by now.`
}
