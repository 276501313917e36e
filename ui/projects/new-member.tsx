import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { useIsInspector } from '../api/me.ts'
import { read } from '../api/read.ts'
import { CheckField, Form, SelectField, TextField, textOf } from '../kit/form.tsx'

const ROLES = [
  ['reader', 'reader: pull'],
  ['writer', 'writer: pull and push, tags that are there included'],
  ['maintainer', 'maintainer: the same, and delete and protect'],
  ['owner', 'owner: everything, and say who else may'],
  ['', 'what I choose…'],
] as const
const ACTIONS = [
  ['pull', 'Pull'],
  ['push', 'Push what is new'],
  ['overwrite', 'Move tags that are there'],
  ['delete', 'Delete, and restore'],
  ['protect', 'Say that images are in use'],
  ['manage', 'Manage: members, robots, rules'],
] as const
const KINDS = [
  ['user', 'a user'],
  ['group', 'a group'],
  ['robot', 'a robot'],
] as const

export function NewMember({ project, onClose }: { readonly project: string; readonly onClose: () => void }) {
  const [kind, setKind] = useState('user')
  const [role, setRole] = useState('reader')
  const { mutate, error, isPending } = useChange({
    work: (form: FormData) => {
      const subject = `${kind}:${textOf(form, 'name') ?? ''}`
      const allows = role === '' ? form.getAll('action').join(',') : role
      const body = { subject, allows, pattern: textOf(form, 'pattern') ?? '' }
      return bodyOf(api.POST('/projects/{project}/grants', { params: { path: { project } }, body }))
    },
    said: 'The project has a member more.',
    onDone: onClose,
  })
  return (
    <Form action="Add" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <SelectField label="Who" value={kind} onChange={({ target }) => setKind(target.value)} options={KINDS} />
      <TextField name="name" label="Name" list="member-names" required autoCapitalize="none" spellCheck={false} />
      <Names {...{ project, kind }} />
      <SelectField label="May" value={role} onChange={({ target }) => setRole(target.value)} options={ROLES} />
      {role === '' && (
        <fieldset className="mb-3">
          <legend className="sr-only">Actions</legend>
          {ACTIONS.map(([action, label]) => (
            <CheckField key={action} name="action" value={action} label={label} />
          ))}
        </fieldset>
      )}
      <TextField
        name="pattern"
        label="In which repositories"
        hint={`Names below ${project}: "app", "app-*". Empty: all of them.`}
        autoCapitalize="none"
        spellCheck={false}
      />
    </Form>
  )
}

/** Names that are known here, where the viewer may know them. */
function Names({ project, kind }: { readonly project: string; readonly kind: string }) {
  const isInspector = useIsInspector()
  const robots = useQuery({
    ...read('/projects/{project}/robots', { params: { path: { project } } }),
    enabled: kind === 'robot',
  })
  const users = useQuery({ ...read('/users'), enabled: isInspector && kind === 'user' })
  const groups = useQuery({ ...read('/groups'), enabled: isInspector && kind === 'group' })
  const shown = { user: users, group: groups, robot: robots }[kind]?.data?.items ?? []
  return (
    <datalist id="member-names">
      {shown.map(({ name }) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  )
}
