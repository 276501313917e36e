import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import type { Sent } from '../api/sent.ts'
import { Form, SelectField, TextField, textOf } from '../kit/form.tsx'
import { roleOf, SYSTEM_ROLES } from './system-roles.ts'

export function NewUser({ onClose }: { readonly onClose: () => void }) {
  const { mutate, error, isPending } = useChange({
    work: (body: Sent<'/users', 'post'>) => bodyOf(api.POST('/users', { body })),
    said: ({ name }) => `The user ${name} was made.`,
    onDone: onClose,
  })
  const submit = (data: FormData) => {
    const password = textOf(data, 'password')
    const email = textOf(data, 'email')
    mutate({
      name: textOf(data, 'name') ?? '',
      systemRole: roleOf(data),
      ...(password !== undefined && { password }),
      ...(email !== undefined && { email }),
    })
  }
  return (
    <Form action="Make the user" onCancel={onClose} {...{ error, isPending }} onSubmit={submit}>
      <TextField
        name="name"
        label="User name"
        required
        maxLength={64}
        autoFocus
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextField
        name="password"
        label="Password"
        type="password"
        autoComplete="new-password"
        maxLength={1024}
        hint="Empty: the user signs in by a provider only."
      />
      <TextField
        name="email"
        label="E-mail address"
        type="email"
        autoComplete="off"
        hint="Links the user to whoever signs in by a provider with this verified address."
      />
      <SelectField name="systemRole" label="Role in the whole registry" options={SYSTEM_ROLES} defaultValue="none" />
    </Form>
  )
}
