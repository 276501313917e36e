import { useState } from 'react'
import { useChange } from '../../api/change.ts'
import { api, bodyOf } from '../../api/client.ts'
import { Form, SelectField, TextArea, TextField, textOf } from '../../kit/form.tsx'
import { linesOf } from './check-of.ts'

const KINDS = [
  ['cosign-key', 'a key of cosign'],
  ['sigstore', 'an identity, by sigstore'],
  ['notation', 'certificates, by notation'],
] as const
type Kind = (typeof KINDS)[number][0]

interface NewAnchorProps {
  readonly project: string
  readonly onClose: () => void
}

export function NewAnchor({ project, onClose }: NewAnchorProps) {
  const [kind, setKind] = useState<Kind>('cosign-key')
  const { mutate, error, isPending } = useChange({
    work: (form: FormData) => {
      const body = { name: textOf(form, 'name') ?? '', kind, body: bodyFor(kind, form) }
      return bodyOf(api.POST('/projects/{project}/trust', { params: { path: { project } }, body }))
    },
    said: ({ summary }) => `Trusted from now on: ${summary}`,
    onDone: onClose,
  })
  return (
    <Form action="Trust it" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <TextField name="name" label="Name" required autoFocus autoCapitalize="none" spellCheck={false} maxLength={64} />
      <SelectField
        label="What is trusted"
        value={kind}
        onChange={({ target }) => setKind(KINDS.find(([each]) => each === target.value)?.[0] ?? 'cosign-key')}
        options={KINDS}
      />
      <Fields key={kind} kind={kind} />
    </Form>
  )
}

function Fields({ kind }: { readonly kind: Kind }) {
  if (kind === 'cosign-key')
    return (
      <TextArea
        name="publicKey"
        label="Public key"
        placeholder="-----BEGIN PUBLIC KEY-----"
        hint="What cosign writes to cosign.pub, and berth sign to a file that ends with .pub."
        required
        spellCheck={false}
      />
    )
  if (kind === 'sigstore') return <SigstoreFields />
  return <NotationFields />
}

function SigstoreFields() {
  return (
    <>
      <TextField
        name="issuer"
        label="Who says who it is"
        defaultValue="https://token.actions.githubusercontent.com"
        required
        spellCheck={false}
      />
      <TextField
        name="identity"
        label="Identity"
        hint="Compared whole: https://github.com/team/app/.github/workflows/release.yml@refs/heads/main"
        spellCheck={false}
      />
      <TextField
        name="identityPattern"
        label="Or a pattern of identities"
        hint="An RE2 expression over the whole identity."
        spellCheck={false}
      />
      <TextArea
        name="trustedRoot"
        label="Trusted root"
        hint="The JSON of a trusted_root.json of your own authority. Empty: the public sigstore."
        rows={3}
        spellCheck={false}
      />
    </>
  )
}

function NotationFields() {
  return (
    <>
      <TextArea
        name="certificates"
        label="Root certificates"
        placeholder="-----BEGIN CERTIFICATE-----"
        hint="PEM, one after the other."
        required
        spellCheck={false}
      />
      <TextArea
        name="identities"
        label="Identities"
        hint='One in a line: x509.subject: C=US, ST=WA, O=example. "*" is everybody these roots vouch for.'
        rows={2}
        required
        spellCheck={false}
      />
      <SelectField name="level" label="Level" options={['strict', 'permissive', 'audit']} />
    </>
  )
}

function bodyFor(kind: Kind, form: FormData): Record<string, unknown> {
  if (kind === 'cosign-key') return { publicKey: `${textOf(form, 'publicKey') ?? ''}\n` }
  if (kind === 'sigstore') {
    const identity = textOf(form, 'identity')
    const identityPattern = textOf(form, 'identityPattern')
    return {
      issuer: textOf(form, 'issuer'),
      trustedRoot: rootOf(textOf(form, 'trustedRoot')),
      ...(identity !== undefined && { identity }),
      ...(identityPattern !== undefined && { identityPattern }),
    }
  }
  const certificates =
    (textOf(form, 'certificates') ?? '').match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? []
  return {
    certificates: { ca: certificates.map((each) => `${each}\n`) },
    identities: linesOf(textOf(form, 'identities')),
    level: form.get('level'),
  }
}

/** @throws Error with a sentence for people */
function rootOf(text: string | undefined): unknown {
  if (text === undefined) return 'public-good'
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('The trusted root is no JSON document.')
  }
}
