import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { Card } from '../kit/card.tsx'
import { Form, TextField } from '../kit/form.tsx'
import { ModalButton } from '../kit/modal-button.tsx'

export function ChangePassword() {
  return (
    <Card
      title="Password"
      actions={
        <ModalButton text="Change the password" title="Change your password">
          {(close) => <PasswordForm onClose={close} />}
        </ModalButton>
      }
    >
      <p className="text-sm text-soft">
        Another password signs you out everywhere, here too. API keys stay. Who signs in by a provider has no password
        here.
      </p>
    </Card>
  )
}

function PasswordForm({ onClose }: { readonly onClose: () => void }) {
  const [differs, setDiffers] = useState(false)
  const { mutate, error, isPending } = useChange({
    work: (body: { readonly old: string; readonly new: string }) => bodyOf(api.PUT('/me/password', { body })),
    onDone: () => location.assign('/auth/?next=/me'),
  })
  const submit = (data: FormData) => {
    const [old, wanted, again] = ['old', 'new', 'again'].map((name) => String(data.get(name)))
    setDiffers(wanted !== again)
    if (old !== undefined && wanted !== undefined && wanted === again) mutate({ old, new: wanted })
  }
  return (
    <Form
      action="Change it and sign in again"
      onCancel={onClose}
      isPending={isPending}
      error={differs ? new Error('The new password was not typed the same twice.') : error}
      onSubmit={submit}
    >
      <TextField
        name="old"
        label="Password until now"
        type="password"
        autoComplete="current-password"
        required
        maxLength={1024}
        autoFocus
      />
      <TextField
        name="new"
        label="New password"
        type="password"
        autoComplete="new-password"
        required
        maxLength={1024}
      />
      <TextField
        name="again"
        label="New password again"
        type="password"
        autoComplete="new-password"
        required
        maxLength={1024}
      />
    </Form>
  )
}
