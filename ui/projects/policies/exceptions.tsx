import { useQuery } from '@tanstack/react-query'
import { useChange } from '../../api/change.ts'
import { api, bodyOf } from '../../api/client.ts'
import { type ItemOf, read } from '../../api/read.ts'
import { AskButton } from '../../kit/ask-button.tsx'
import { Card } from '../../kit/card.tsx'
import { Form, TextField, textOf } from '../../kit/form.tsx'
import { ModalButton } from '../../kit/modal-button.tsx'
import { Shown } from '../../kit/shown.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { Ago } from '../../kit/time.tsx'
import { endOf, inDays } from './ends.ts'
import type { PolicyPartProps } from './policies.tsx'

type Exception = ItemOf<'/projects/{project}/exceptions'>

/** Findings that do not count, because somebody looked at them. */
export function Exceptions({ project, mayManage }: PolicyPartProps) {
  const exceptions = useQuery(read('/projects/{project}/exceptions', { params: { path: { project } } }))
  const columns: readonly Column<Exception>[] = [
    { title: 'Finding', cell: ({ vulnerability }) => <span className="font-medium break-all">{vulnerability}</span> },
    {
      title: 'Of',
      cell: ({ package: name, repositories }) => (
        <span className="break-all">
          {name || 'any package'}
          {repositories !== '' && ` in ${repositories}`}
        </span>
      ),
    },
    { title: 'Why', cell: ({ reason }) => <span className="[overflow-wrap:anywhere]">{reason}</span> },
    { title: 'By', cell: ({ createdBy }) => createdBy },
    { title: 'Ends', cell: ({ expiresAt }) => <Ago at={expiresAt} /> },
    { title: '', cell: (exception) => mayManage && <Remove {...{ project, exception }} /> },
  ]
  return (
    <Card
      title="Exceptions"
      actions={
        mayManage && (
          <ModalButton text="Except a finding" title="Except a finding">
            {(close) => <NewException project={project} onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={exceptions}>
        {({ items }) => (
          <Table
            label="All exceptions"
            columns={columns}
            rows={items}
            keyOf={({ id }) => id}
            empty="Every finding counts. One that does not reach your images is excepted: with a reason, and for a year at most."
          />
        )}
      </Shown>
    </Card>
  )
}

function Remove({
  project,
  exception: { id, vulnerability },
}: {
  readonly project: string
  readonly exception: Exception
}) {
  return (
    <AskButton
      text="Remove"
      label={`Remove the exception for ${vulnerability}`}
      title={`Let ${vulnerability} count again?`}
      action="Let it count"
      said={`${vulnerability} counts again.`}
      work={() =>
        bodyOf(
          api.DELETE('/projects/{project}/exceptions/{exception}', { params: { path: { project, exception: id } } }),
        )
      }
    >
      Reports show it again, and policies go by it.
    </AskButton>
  )
}

function NewException({ project, onClose }: { readonly project: string; readonly onClose: () => void }) {
  const { mutate, error, isPending } = useChange({
    work: (form: FormData) =>
      bodyOf(
        api.POST('/projects/{project}/exceptions', {
          params: { path: { project } },
          body: {
            vulnerability: textOf(form, 'vulnerability') ?? '',
            package: textOf(form, 'package') ?? '',
            repositories: textOf(form, 'repositories') ?? '',
            reason: textOf(form, 'reason') ?? '',
            expiresAt: endOf(form),
          },
        }),
      ),
    said: ({ vulnerability }) => `${vulnerability} does not count for now.`,
    onDone: onClose,
  })
  return (
    <Form action="Except it" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <TextField
        name="vulnerability"
        label="Finding"
        placeholder="CVE-2024-3094"
        required
        autoFocus
        spellCheck={false}
      />
      <TextField name="package" label="Package" hint="Empty: any." spellCheck={false} />
      <TextField
        name="repositories"
        label="In repositories"
        hint='Names below the project: "app", "app-*". Empty: all.'
        spellCheck={false}
      />
      <TextField name="reason" label="Why it does not count" required maxLength={1000} />
      <TextField name="end" label="Until" type="date" defaultValue={inDays(90)} required />
    </Form>
  )
}
