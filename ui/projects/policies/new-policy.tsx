import { useRef, useState } from 'react'
import { useChange } from '../../api/change.ts'
import { api, bodyOf } from '../../api/client.ts'
import { CheckField, Form, SelectField, TextField, textOf } from '../../kit/form.tsx'
import { CHECK_KINDS, CheckFields } from './check-fields.tsx'
import { checkOf } from './check-of.ts'
import { PolicyPreview } from './policy-preview.tsx'
import { type Check, MODES, type NewPolicy } from './policy-words.ts'

/** Any will do for a look ahead: a name says nothing about images. */
const NO_NAME = 'preview'

interface NewPolicyFormProps {
  readonly project: string
  readonly onClose: () => void
}

/** While it is written, one sees which images it would refuse. */
export function NewPolicyForm({ project, onClose }: NewPolicyFormProps) {
  const [kind, setKind] = useState<Check['kind']>('vulnerabilities')
  const [draft, setDraft] = useState<NewPolicy>()
  const place = useRef<HTMLDivElement>(null)
  const look = () => {
    const form = place.current?.querySelector('form')
    if (form) setDraft(policyOf(new FormData(form), kind))
  }
  const { mutate, error, isPending } = useChange({
    work: (body: NewPolicy) =>
      bodyOf(api.POST('/projects/{project}/policies', { params: { path: { project } }, body })),
    said: ({ name }) => `The policy ${name} holds from the next pull on.`,
    onDone: onClose,
  })
  return (
    <div ref={place} onInput={look}>
      <Form
        action="Add the policy"
        onCancel={onClose}
        {...{ error, isPending }}
        onSubmit={(data) => mutate(policyOf(data, kind))}
      >
        <TextField
          name="name"
          label="Name"
          required
          autoFocus
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
        />
        <SelectField
          label="It asks about"
          value={kind}
          onChange={({ target }) => setKind(target.value as Check['kind'])}
          options={CHECK_KINDS}
        />
        <CheckFields key={kind} {...{ project, kind }} />
        <TextField
          name="repositories"
          label="In repositories"
          hint='Names below the project: "app", "app-*". Empty: all.'
          spellCheck={false}
        />
        <SelectField name="mode" label="An image that breaks it" defaultValue="warn" options={MODES_LONG} />
        <CheckField name="push" label="Ask at pushes too" hint="Of what an image brings along: labels, base, age." />
        <section aria-label="What it would do" className="rounded-md border border-line p-3">
          <PolicyPreview {...{ project }} policy={draft?.check.kind === kind ? draft : undefined} />
        </section>
      </Form>
    </div>
  )
}

const LONG: Readonly<Record<string, string>> = {
  off: 'is not looked at, for now',
  warn: 'is handed out with a warning',
  enforce: 'is refused',
}
const MODES_LONG = MODES.map(([mode]) => [mode, LONG[mode] ?? mode] as const)

function policyOf(data: FormData, kind: Check['kind']): NewPolicy {
  return {
    name: textOf(data, 'name') ?? NO_NAME,
    repositories: textOf(data, 'repositories') ?? '',
    mode: MODES.find(([mode]) => mode === data.get('mode'))?.[0] ?? 'warn',
    push: data.get('push') !== null,
    check: checkOf(data, kind),
  }
}
