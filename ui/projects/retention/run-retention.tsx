import { useQuery } from '@tanstack/react-query'
import { api, bodyOf } from '../../api/client.ts'
import { AskButton } from '../../kit/ask-button.tsx'
import { Shown } from '../../kit/shown.tsx'
import { RemovalPreview } from '../removal-preview.tsx'

/** Applies the rules now, after one saw what would go. */
export function RunRetention({ project }: { readonly project: string }) {
  const params = { path: { project } }
  return (
    <AskButton
      text="Run now"
      tone="plain"
      title="Apply the rules now?"
      action="Apply them now"
      said="The rules were applied. What went is in the recycle bin."
      work={async () => {
        const { failed } = await bodyOf(api.POST('/projects/{project}/retention/run', { params }))
        if (failed.length > 0) throw new Error(`It did not work in ${failed.join(', ')}.`)
      }}
    >
      <Now project={project} />
      They are applied by themselves from time to time, too. What goes can be restored from the recycle bin.
    </AskButton>
  )
}

function Now({ project }: { readonly project: string }) {
  const preview = useQuery({
    queryKey: ['retention preview', project, 'lists'],
    queryFn: () =>
      bodyOf(api.POST('/projects/{project}/retention/preview', { params: { path: { project } }, body: {} })),
  })
  return <Shown query={preview}>{(removal) => <RemovalPreview removal={removal} />}</Shown>
}
