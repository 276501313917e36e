import { useState } from 'react'
import { Form, SelectField, TextArea, TextField, textOf } from '../kit/form.tsx'
import type { NewTrust } from './robot-calls.ts'

interface Asked {
  readonly claim: string
  readonly label: string
  readonly hint?: string
  readonly placeholder?: string
  readonly required?: boolean
}

interface Kind {
  readonly text: string
  /** What the issuer is usually called in the configuration. */
  readonly issuer: string
  readonly asks: readonly Asked[]
}

const KINDS: Readonly<Record<string, Kind>> = {
  github: {
    text: 'GitHub Actions',
    issuer: 'github',
    asks: [
      { claim: 'repository', label: 'Repository at GitHub', placeholder: 'acme/app', required: true },
      { claim: 'branch', label: 'Branch', placeholder: 'main', hint: 'Without it, pull requests are trusted too.' },
      { claim: 'event_name', label: 'What started the job', placeholder: 'push' },
      { claim: 'environment', label: 'Environment', placeholder: 'production' },
    ],
  },
  gitlab: {
    text: 'GitLab CI',
    issuer: 'gitlab',
    asks: [
      { claim: 'project', label: 'Project at GitLab', placeholder: 'acme/app', required: true },
      {
        claim: 'ref_protected',
        label: 'Only protected branches and tags',
        placeholder: 'true',
        hint: '"true" keeps out branches that anybody who may push can make.',
      },
      { claim: 'branch', label: 'Branch', placeholder: 'main' },
    ],
  },
  kubernetes: {
    text: 'Kubernetes',
    issuer: 'cluster',
    asks: [
      { claim: 'namespace', label: 'Namespace', placeholder: 'build', required: true },
      { claim: 'serviceaccount', label: 'Service account', placeholder: 'builder' },
    ],
  },
  other: { text: 'Something else', issuer: '', asks: [] },
}

interface TrustFormProps {
  readonly error: Error | null
  readonly isPending: boolean
  readonly onCancel: () => void
  readonly onSubmit: (rule: NewTrust) => void
}

export function TrustForm({ onSubmit, ...form }: TrustFormProps) {
  const [kind, setKind] = useState('github')
  const { asks = [], issuer } = KINDS[kind] ?? {}
  return (
    <Form
      action="Trust it"
      {...form}
      onSubmit={(data) => onSubmit({ issuer: textOf(data, 'issuer') ?? '', claims: claimsOf(data, asks) })}
    >
      <SelectField
        label="Where it runs"
        value={kind}
        onChange={({ target }) => setKind(target.value)}
        options={Object.entries(KINDS).map(([name, { text }]) => [name, text])}
      />
      <TextField
        key={`${kind}-issuer`}
        name="issuer"
        label="Its name in the configuration"
        hint="What stands under auth.workload in the registry's configuration."
        defaultValue={issuer}
        required
        spellCheck={false}
      />
      {asks.map(({ claim, ...field }) => (
        <TextField key={`${kind}-${claim}`} name={`claim ${claim}`} spellCheck={false} {...field} />
      ))}
      <TextArea
        name="more"
        label={asks.length === 0 ? 'What its token must say' : 'What else its token must say'}
        hint='One claim in a line: name=value. "*" stands for any characters.'
        rows={2}
        required={asks.length === 0}
        spellCheck={false}
      />
    </Form>
  )
}

function claimsOf(data: FormData, asks: readonly Asked[]): Record<string, string> {
  const asked = asks.flatMap(({ claim }) => {
    const value = textOf(data, `claim ${claim}`)
    return value === undefined ? [] : [[claim, value] as const]
  })
  const more = (textOf(data, 'more') ?? '').split('\n').flatMap((line) => {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries([...asked, ...more])
}
