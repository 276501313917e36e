import { useQuery } from '@tanstack/react-query'
import { useChange } from '../../api/change.ts'
import { api, bodyOf } from '../../api/client.ts'
import { type ItemOf, read } from '../../api/read.ts'
import { AskButton } from '../../kit/ask-button.tsx'
import { Badge } from '../../kit/badge.tsx'
import { Card } from '../../kit/card.tsx'
import { shortDigest } from '../../kit/format.ts'
import { Form, SelectField, TextField, textOf } from '../../kit/form.tsx'
import { ModalButton } from '../../kit/modal-button.tsx'
import { Shown } from '../../kit/shown.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { Ago } from '../../kit/time.tsx'
import { endOf, inDays } from './ends.ts'
import type { PolicyPartProps } from './policies.tsx'

type Exemption = ItemOf<'/projects/{project}/exemptions'>

/** Images that a policy lets through for a while. */
export function Exemptions({ project, mayManage }: PolicyPartProps) {
  const exemptions = useQuery(read('/projects/{project}/exemptions', { params: { path: { project } } }))
  const columns: readonly Column<Exemption>[] = [
    { title: 'Exemption', cell: ({ name }) => <span className="font-medium break-all">{name}</span> },
    { title: 'From', cell: ({ rule }) => rule ?? 'every policy' },
    {
      title: 'For',
      cell: ({ digest, repositories }) => (
        <span className="break-all">
          {digest === undefined ? 'every image' : <code title={digest}>{shortDigest(digest)}</code>}
          {repositories !== '' && ` in ${repositories}`}
        </span>
      ),
    },
    { title: 'Why', cell: ({ reason }) => <span className="[overflow-wrap:anywhere]">{reason}</span> },
    { title: 'Ends', cell: ({ expiresAt, ended }) => (ended ? <Badge>ended</Badge> : <Ago at={expiresAt} />) },
    { title: '', cell: ({ name }) => mayManage && <Remove {...{ project, name }} /> },
  ]
  return (
    <Card
      title="Exemptions"
      actions={
        mayManage && (
          <ModalButton text="Exempt images" title="Exempt images">
            {(close) => <NewExemption project={project} onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={exemptions}>
        {({ items }) => (
          <Table
            label="All exemptions"
            columns={columns}
            rows={items}
            keyOf={({ id }) => id}
            empty="Every policy holds for every image. Where one has to run all the same, it is exempted: with a reason, and for a while."
          />
        )}
      </Shown>
    </Card>
  )
}

function Remove({ project, name }: { readonly project: string; readonly name: string }) {
  return (
    <AskButton
      text="Remove"
      label={`Remove the exemption ${name}`}
      title={`Remove the exemption ${name}?`}
      action="Remove the exemption"
      said={`The exemption ${name} was removed.`}
      work={() =>
        bodyOf(
          api.DELETE('/projects/{project}/exemptions/{exemption}', { params: { path: { project, exemption: name } } }),
        )
      }
    >
      The policies hold for its images again from the next pull on.
    </AskButton>
  )
}

function NewExemption({ project, onClose }: { readonly project: string; readonly onClose: () => void }) {
  const policies = useQuery(read('/projects/{project}/policies', { params: { path: { project } } }))
  const { mutate, error, isPending } = useChange({
    work: (form: FormData) => {
      const digest = textOf(form, 'digest')
      const rule = textOf(form, 'rule')
      const body = {
        name: textOf(form, 'name') ?? '',
        reason: textOf(form, 'reason') ?? '',
        repositories: textOf(form, 'repositories') ?? '',
        expiresAt: endOf(form),
        ...(digest !== undefined && { digest }),
        ...(rule !== undefined && { rule }),
      }
      return bodyOf(api.POST('/projects/{project}/exemptions', { params: { path: { project } }, body }))
    },
    said: ({ name }) => `The exemption ${name} holds from the next pull on.`,
    onDone: onClose,
  })
  const rules = policies.data?.items.map(({ name }) => [name, name] as const) ?? []
  return (
    <Form action="Exempt them" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <TextField name="name" label="Name" required autoFocus autoCapitalize="none" spellCheck={false} />
      <SelectField name="rule" label="From" options={[['', 'every policy'], ...rules]} />
      <TextField
        name="digest"
        label="Digest"
        hint="Of an image, or of an index with all of its images. Empty: every image."
        spellCheck={false}
      />
      <TextField
        name="repositories"
        label="In repositories"
        hint='Names below the project: "app", "app-*". Empty: all.'
        spellCheck={false}
      />
      <TextField name="reason" label="Why" required maxLength={1000} />
      <TextField name="end" label="Until" type="date" defaultValue={inDays(30)} required />
    </Form>
  )
}
