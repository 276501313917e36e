import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import type { ItemOf } from '../api/read.ts'
import type { Sent } from '../api/sent.ts'
import { CheckField, Form, numberOf, TextArea, TextField, textOf } from '../kit/form.tsx'
import { listFrom } from './list-from.ts'

interface RemoteFormProps {
  /** As it is; absent: a new one. */
  readonly before?: ItemOf<'/remotes'>
  readonly onClose: () => void
}

type Change = Sent<'/remotes/{remote}', 'patch'>

/** Another registry: where it is, who we are there, and how much it is asked. */
export function RemoteForm({ before, onClose }: RemoteFormProps) {
  const { mutate, error, isPending } = useChange({
    work: async (data: FormData) => {
      const body = bodyFrom(data)
      const username = textOf(data, 'username')
      const says = username !== before?.username
      if (before !== undefined)
        return bodyOf(
          api.PATCH('/remotes/{remote}', {
            params: { path: { remote: before.name } },
            body: { ...body, ...(says && { username: username ?? null }) },
          }),
        )
      const name = textOf(data, 'name') ?? ''
      return bodyOf(api.POST('/remotes', { body: { ...body, name, ...(username !== undefined && { username }) } }))
    },
    said: ({ name }) => (before === undefined ? `${name} is known now.` : `${name} was changed.`),
    onDone: onClose,
  })
  return (
    <Form
      action={before === undefined ? 'Add the registry' : 'Save'}
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={mutate}
    >
      {before === undefined && (
        <TextField
          name="name"
          label="Name"
          placeholder="docker.io"
          hint="A host, or a word of your own."
          required
          autoFocus
          autoCapitalize="none"
          spellCheck={false}
        />
      )}
      <TextField
        name="url"
        label="Address"
        placeholder="https://registry.example"
        defaultValue={before?.url}
        {...(before === undefined && { hint: 'Empty: what the name means.' })}
        spellCheck={false}
      />
      <TextField name="username" label="User name there" defaultValue={before?.username} autoComplete="off" />
      <TextField
        name="password"
        label={before?.credentials === 'stored' ? 'Another password' : 'Password'}
        type="password"
        autoComplete="new-password"
        hint="Encrypted where it is stored, and never shown. Empty: as before."
      />
      <TextField
        name="requestsPerMinute"
        label="Requests a minute, at most"
        type="number"
        min={1}
        defaultValue={before?.requestsPerMinute}
        placeholder="any number"
      />
      <TextField
        name="maxConcurrent"
        label="Requests at a time"
        type="number"
        min={1}
        defaultValue={before?.maxConcurrent}
      />
      <details className="mb-3">
        <summary className="mb-2 text-sm">Connection</summary>
        <CheckField
          name="allowPrivate"
          label="It may be in a private network"
          defaultChecked={before?.allowPrivate ?? false}
        />
        <CheckField
          name="insecureHttp"
          label="Plain http is allowed"
          hint="What is sent, the password too, can be read on the way."
          defaultChecked={before?.insecureHttp ?? false}
        />
        <TextField
          name="trustedHosts"
          label="Other hosts that are sent the password"
          defaultValue={before?.trustedHosts.join(', ')}
          hint="With commas between."
        />
        <TextArea
          name="ca"
          label="Authorities of its certificate"
          rows={3}
          placeholder="-----BEGIN CERTIFICATE-----"
          hint={`PEM, instead of the system's.${before?.ownAuthorities === true ? ' It has its own; empty: as before.' : ''}`}
        />
      </details>
    </Form>
  )
}

function bodyFrom(data: FormData): Omit<Change, 'username'> {
  const url = textOf(data, 'url')
  const password = textOf(data, 'password')
  const ca = textOf(data, 'ca')
  const maxConcurrent = numberOf(data, 'maxConcurrent')
  const requestsPerMinute = numberOf(data, 'requestsPerMinute')
  return {
    ...(url !== undefined && { url }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { ca }),
    ...(maxConcurrent !== undefined && { maxConcurrent }),
    requestsPerMinute: requestsPerMinute ?? null,
    allowPrivate: data.get('allowPrivate') !== null,
    insecureHttp: data.get('insecureHttp') !== null,
    trustedHosts: listFrom(data, 'trustedHosts'),
  }
}
