import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import type { Sent } from '../api/sent.ts'
import { CheckField, Form, SelectField, TextArea, TextField, textOf } from '../kit/form.tsx'

const AUTHENTICATIONS = [
  ['none', 'none'],
  ['basic', 'user name and password'],
  ['bearer', 'bearer token'],
  ['api-key', 'API key'],
] as const

type Authentication = (typeof AUTHENTICATIONS)[number][0]

export function ScannerForm({ onClose }: { readonly onClose: () => void }) {
  const [authentication, setAuthentication] = useState<Authentication>('none')
  const { mutate, error, isPending } = useChange({
    work: (body: Sent<'/scanners', 'post'>) => bodyOf(api.POST('/scanners', { body })),
    said: ({ name }) => `The scanner ${name} was added. Test it.`,
    onDone: onClose,
  })
  return (
    <Form
      action="Add the scanner"
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={(data) => mutate(bodyFrom(data, authentication))}
    >
      <TextField name="name" label="Name" required autoFocus autoCapitalize="none" spellCheck={false} />
      <TextField
        name="url"
        label="Address"
        type="url"
        placeholder="https://scanner.example"
        hint="Without /api/v1."
        required
      />
      <SelectField
        label="Authentication"
        options={AUTHENTICATIONS}
        value={authentication}
        onChange={({ target }) =>
          setAuthentication(AUTHENTICATIONS.find(([each]) => each === target.value)?.[0] ?? 'none')
        }
      />
      {authentication === 'basic' && <TextField name="username" label="User name" autoComplete="off" required />}
      {authentication !== 'none' && (
        <TextField
          name="secret"
          label="Secret"
          type="password"
          autoComplete="new-password"
          hint="Encrypted where it is stored, and never shown."
          required
        />
      )}
      <TextField
        name="registryUrl"
        label="How it reaches this registry"
        type="url"
        placeholder={location.origin}
        hint="Where that is not the external address."
      />
      <CheckField name="allowPrivate" label="It may be in a private network" />
      <CheckField name="insecureHttp" label="Plain http is allowed" />
      <TextArea
        name="ca"
        label="Authorities of its certificate"
        rows={3}
        placeholder="-----BEGIN CERTIFICATE-----"
        hint="PEM, instead of the system's."
      />
    </Form>
  )
}

function bodyFrom(data: FormData, authentication: Authentication): Sent<'/scanners', 'post'> {
  const given = Object.fromEntries(
    ['username', 'secret', 'registryUrl', 'ca'].flatMap((name) => {
      const text = textOf(data, name)
      return text === undefined ? [] : [[name, text]]
    }),
  )
  return {
    ...given,
    name: textOf(data, 'name') ?? '',
    url: textOf(data, 'url') ?? '',
    authentication,
    allowPrivate: data.get('allowPrivate') !== null,
    insecureHttp: data.get('insecureHttp') !== null,
  }
}
