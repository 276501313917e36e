import { useChange } from '../api/change.ts'
import { useMe } from '../api/me.ts'
import { CheckField, Form, SelectField, TextField, textOf } from '../kit/form.tsx'
import { SHAPES } from './shapes.ts'
import type { NewWebhook, Webhook } from './webhook-api.ts'

interface WebhookFormProps {
  readonly action: string
  readonly said: string
  readonly work: (body: NewWebhook) => Promise<unknown>
  readonly onClose: () => void
  /** As it is; absent: a new one. */
  readonly before?: Webhook
}

export function WebhookForm({ action, said, work, onClose, before }: WebhookFormProps) {
  const isAdministrator = useMe()?.systemRole === 'administrator'
  const { mutate, error, isPending } = useChange({ work, said, onDone: onClose })
  return (
    <Form
      {...{ action, error, isPending }}
      onCancel={onClose}
      onSubmit={(data) => mutate(bodyFrom(data, isAdministrator))}
    >
      <TextField
        name="url"
        label="Address"
        type="url"
        placeholder="https://ci.example/hook"
        defaultValue={before?.url}
        required
        maxLength={1000}
        autoFocus
      />
      <SelectField name="shape" label="Messages look like" options={SHAPES} defaultValue={before?.shape} />
      <TextField
        name="types"
        label="Events"
        defaultValue={before?.types.join(', ')}
        placeholder="all"
        hint="With commas between: tag.moved, or manifest. for all that begin so. Empty: all."
      />
      <TextField
        name="repositories"
        label="Repositories"
        defaultValue={before?.repositories}
        placeholder="all"
        hint="Whole names; * any characters but a slash, ** any. Empty: all."
      />
      <TextField
        name="tags"
        label="Tags"
        defaultValue={before?.tags}
        placeholder="all"
        hint="For example v*. Empty: all."
      />
      <TextField
        name="secret"
        label={before?.signed === true ? 'Another secret' : 'Secret'}
        type="password"
        autoComplete="new-password"
        minLength={8}
        maxLength={1000}
        hint={
          before?.signed === true
            ? 'Messages are signed. Empty: with the same secret as before.'
            : 'Messages are signed with it (Berth-Signature), so that the receiver knows whose they are. Eight characters at least.'
        }
      />
      {isAdministrator && (
        <>
          <CheckField
            name="allowPrivate"
            label="It may be in a private network"
            defaultChecked={before?.allowPrivate ?? false}
          />
          <CheckField
            name="insecureHttp"
            label="Plain http is allowed"
            hint="What is sent can be read, and changed, on the way."
            defaultChecked={before?.insecureHttp ?? false}
          />
        </>
      )}
    </Form>
  )
}

function bodyFrom(data: FormData, isAdministrator: boolean): NewWebhook {
  const secret = textOf(data, 'secret')
  return {
    url: textOf(data, 'url') ?? '',
    shape: SHAPES.find(([shape]) => shape === data.get('shape'))?.[0] ?? 'cloudevents',
    types: (textOf(data, 'types') ?? '').split(/[\s,]+/).filter((type) => type !== ''),
    repositories: textOf(data, 'repositories') ?? '',
    tags: textOf(data, 'tags') ?? '',
    ...(secret !== undefined && { secret }),
    // Of others only as it is: saying so again would be refused to them.
    ...(isAdministrator && {
      allowPrivate: data.get('allowPrivate') !== null,
      insecureHttp: data.get('insecureHttp') !== null,
    }),
  }
}
