import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import type { Sent } from '../api/sent.ts'
import { Button } from '../kit/button.tsx'
import { Secret } from '../kit/copy.tsx'
import { CheckField, Form, SelectField, TextField, textOf } from '../kit/form.tsx'
import { CiSnippets } from '../robots/ci-snippets.tsx'
import { ScopeFields, scopesOf } from './scope-fields.tsx'

const DAYS = [
  ['7', 'a week'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['366', 'a year'],
] as const

interface NewKeyProps {
  readonly user: string
  readonly onClose: () => void
}

export function NewKey({ user, onClose }: NewKeyProps) {
  const [isLimited, setLimited] = useState(false)
  const { mutate, error, isPending, data } = useChange({
    work: (body: Sent<'/me/keys', 'post'>) => bodyOf(api.POST('/me/keys', { body })),
    said: 'The key was made.',
  })
  if (data !== undefined) return <Made user={user} secret={data.secret} onClose={onClose} />
  return (
    <Form
      action="Make the key"
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={(form) =>
        mutate({
          name: textOf(form, 'name') ?? '',
          expiresInDays: Number(form.get('days')),
          ...(isLimited && { scopes: scopesOf(form) }),
        })
      }
    >
      <TextField
        name="name"
        label="Name"
        hint="What it is for: laptop, nightly build."
        required
        maxLength={60}
        autoFocus
      />
      <SelectField name="days" label="Good for" options={DAYS} defaultValue="90" />
      <CheckField
        label="Only for some repositories"
        hint="Otherwise it may do everything that you may."
        checked={isLimited}
        onChange={({ target }) => setLimited(target.checked)}
      />
      {isLimited && <ScopeFields />}
    </Form>
  )
}

function Made({ user, secret, onClose }: NewKeyProps & { readonly secret: string }) {
  return (
    <>
      <Secret label="API key" text={secret} />
      <p className="mt-4 mb-2 text-sm text-soft">Where a program asks for a password, it takes the key.</p>
      <CiSnippets robot={user} repository="team/app" hasSecret />
      <div className="mt-4 flex justify-end">
        <Button tone="main" onClick={onClose}>
          Done
        </Button>
      </div>
    </>
  )
}
