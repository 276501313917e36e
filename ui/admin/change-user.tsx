import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import type { Sent } from '../api/sent.ts'
import { Form, SelectField, TextField, textOf } from '../kit/form.tsx'
import { roleOf, SYSTEM_ROLES, type SystemRole } from './system-roles.ts'

interface ChangeProps {
  readonly name: string
  readonly onClose: () => void
}

function useUserChange(name: string, said: string, onDone: () => void) {
  return useChange({
    work: (body: Sent<'/users/{user}', 'patch'>) =>
      bodyOf(api.PATCH('/users/{user}', { params: { path: { user: name } }, body })),
    said,
    onDone,
  })
}

interface ChangeUserProps extends ChangeProps {
  readonly before: { readonly email: string | undefined; readonly systemRole: SystemRole }
}

export function ChangeUser({ name, before, onClose }: ChangeUserProps) {
  const { mutate, error, isPending } = useUserChange(name, `${name} was changed.`, onClose)
  const submit = (data: FormData) => {
    const email = textOf(data, 'email')
    mutate({ systemRole: roleOf(data), ...(email !== undefined && email !== before.email && { email }) })
  }
  return (
    <Form action="Save" onCancel={onClose} {...{ error, isPending }} onSubmit={submit}>
      <SelectField
        name="systemRole"
        label="Role in the whole registry"
        options={SYSTEM_ROLES}
        defaultValue={before.systemRole}
      />
      <TextField name="email" label="E-mail address" type="email" autoComplete="off" defaultValue={before.email} />
    </Form>
  )
}

export function ResetPassword({ name, onClose }: ChangeProps) {
  const { mutate, error, isPending } = useUserChange(name, `${name} has another password.`, onClose)
  return (
    <Form
      action="Set the password"
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={(data) => mutate({ password: String(data.get('password')) })}
    >
      <TextField
        name="password"
        label="New password"
        type="password"
        autoComplete="new-password"
        hint="All sessions and tokens of the user end."
        required
        maxLength={1024}
        autoFocus
      />
    </Form>
  )
}
