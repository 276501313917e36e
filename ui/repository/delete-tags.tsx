import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { Button } from '../kit/button.tsx'
import { Failure } from '../kit/failure.tsx'
import { Progress } from '../kit/progress.tsx'
import { Shown } from '../kit/shown.tsx'
import { RemovalPreview } from '../projects/removal-preview.tsx'

interface DeleteTagsProps {
  readonly repository: string
  readonly tags: readonly string[]
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Shows what would be freed, then deletes one after the other. */
export function DeleteTags({ repository, tags, onClose, onDone }: DeleteTagsProps) {
  const [done, setDone] = useState(0)
  const preview = useQuery({
    queryKey: ['preview delete', repository, tags],
    queryFn: () =>
      bodyOf(
        api.POST('/repositories/{repository}/preview-delete', {
          params: { path: { repository } },
          body: { tags: [...tags] },
        }),
      ),
    // What is deleted meanwhile is no longer there to be looked at.
    staleTime: Number.POSITIVE_INFINITY,
    enabled: done === 0,
  })
  const { mutate, error, isPending } = useChange({
    work: async () => {
      for (const [n, tag] of tags.entries()) {
        await bodyOf(api.DELETE('/repositories/{repository}/tags/{tag}', { params: { path: { repository, tag } } }))
        setDone(n + 1)
      }
    },
    said: tags.length === 1 ? `The tag ${tags[0]} was deleted.` : `${tags.length} tags were deleted.`,
    onDone: () => {
      onClose()
      onDone()
    },
  })
  return (
    <>
      <Shown query={preview}>{(removal) => <RemovalPreview removal={removal} />}</Shown>
      <p className="mt-3 text-sm text-soft">
        Nobody can pull them by these names any more. Each can be restored from the history, while its image is kept.
      </p>
      {isPending && <Progress label="Deleted" done={done} of={tags.length} />}
      {error !== null && <Failure error={error} />}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button tone="danger" disabled={isPending || preview.data === undefined} onClick={() => mutate()}>
          {tags.length === 1 ? 'Delete the tag' : `Delete ${tags.length} tags`}
        </Button>
      </div>
    </>
  )
}
