import { useChange } from '../api/change.ts'
import { api, bodyOf, type paths } from '../api/client.ts'
import { Form, numberOf, TextField } from '../kit/form.tsx'

export type Quota = paths['/projects/{project}/quota']['get']['responses'][200]['content']['application/json']

const GB = 1e9

interface QuotaFormProps {
  readonly project: string
  /** null: there is none yet. */
  readonly quota: Quota | null
  readonly onClose: () => void
}

export function QuotaForm({ project, quota, onClose }: QuotaFormProps) {
  const { mutate, error, isPending } = useChange({
    work: (form: FormData) => {
      const gigabytes = numberOf(form, 'gigabytes')
      const repositories = numberOf(form, 'repositories')
      const tags = numberOf(form, 'tags')
      const body = {
        ...(gigabytes !== undefined && { bytes: Math.round(gigabytes * GB) }),
        ...(repositories !== undefined && { repositories }),
        ...(tags !== undefined && { tags }),
      }
      return bodyOf(api.PUT('/projects/{project}/quota', { params: { path: { project } }, body }))
    },
    said: 'The quota holds from the next push on.',
    onDone: onClose,
  })
  return (
    <Form action="Set the quota" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <p className="mb-3 text-sm text-soft">
        Pushes that would go beyond it are refused; what is there stays. An empty field is no limit.
      </p>
      <TextField
        name="gigabytes"
        label="Gigabytes"
        type="number"
        min={0}
        step="any"
        defaultValue={quota?.bytes.limit === undefined ? '' : quota.bytes.limit / GB}
      />
      <TextField
        name="repositories"
        label="Repositories"
        type="number"
        min={0}
        defaultValue={quota?.repositories.limit}
      />
      <TextField name="tags" label="Tags" type="number" min={0} defaultValue={quota?.tags.limit} />
    </Form>
  )
}
