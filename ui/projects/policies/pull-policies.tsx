import { useQuery } from '@tanstack/react-query'
import { useChange } from '../../api/change.ts'
import { api, bodyOf } from '../../api/client.ts'
import { read } from '../../api/read.ts'
import { AskButton } from '../../kit/ask-button.tsx'
import { Badge } from '../../kit/badge.tsx'
import { Card } from '../../kit/card.tsx'
import { Failure } from '../../kit/failure.tsx'
import { ModalButton } from '../../kit/modal-button.tsx'
import { Shown } from '../../kit/shown.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { NewPolicyForm } from './new-policy.tsx'
import type { PolicyPartProps } from './policies.tsx'
import { describeCheck, MODES, type Mode, type Policy } from './policy-words.ts'

/** What is asked of an image before it is handed out. */
export function PullPolicies({ project, mayManage }: PolicyPartProps) {
  const policies = useQuery(read('/projects/{project}/policies', { params: { path: { project } } }))
  const columns: readonly Column<Policy>[] = [
    { title: 'Policy', cell: ({ name }) => <span className="font-medium break-all">{name}</span> },
    {
      title: 'An image is',
      cell: ({ check, push }) => (
        <span className="[overflow-wrap:anywhere]">
          {describeCheck(check)} {push && <Badge>at pushes too</Badge>}
        </span>
      ),
    },
    { title: 'In', cell: ({ repositories }) => repositories || 'all repositories' },
    {
      title: 'Otherwise',
      cell: (policy) => (mayManage ? <ModeChoice {...{ project, policy }} /> : <ModeBadge mode={policy.mode} />),
    },
    { title: '', cell: ({ name }) => mayManage && <Remove {...{ project, name }} /> },
  ]
  return (
    <Card
      title="Pull policies"
      actions={
        mayManage && (
          <ModalButton text="Add a policy" title="Add a policy" tone="main" wide>
            {(close) => <NewPolicyForm project={project} onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={policies}>
        {({ items }) => (
          <Table
            label="All pull policies"
            columns={columns}
            rows={items}
            keyOf={({ id }) => id}
            empty="Every image may be pulled. A policy asks something of it first: no critical findings, a signature, a label, a base, an age. It begins with warnings, and you see which images it is about before it is there."
          />
        )}
      </Shown>
    </Card>
  )
}

function ModeBadge({ mode }: { readonly mode: Mode }) {
  const text = MODES.find(([each]) => each === mode)?.[1] ?? mode
  return <Badge mood={mode === 'enforce' ? 'bad' : mode === 'warn' ? 'warn' : 'plain'}>{text}</Badge>
}

function ModeChoice({ project, policy: { name, mode } }: { readonly project: string; readonly policy: Policy }) {
  const { mutate, error, isPending } = useChange({
    work: (next: Mode) =>
      bodyOf(
        api.PATCH('/projects/{project}/policies/{policy}', {
          params: { path: { project, policy: name } },
          body: { mode: next },
        }),
      ),
    said: `The mode of ${name} was changed; it holds from the next pull on.`,
  })
  return (
    <>
      <select
        aria-label={`What ${name} does`}
        value={mode}
        disabled={isPending}
        onChange={({ target }) => mutate(target.value as Mode)}
        className="rounded-md border border-control bg-page px-2 py-1 text-sm"
      >
        {MODES.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      {error !== null && <Failure error={error} />}
    </>
  )
}

function Remove({ project, name }: { readonly project: string; readonly name: string }) {
  return (
    <AskButton
      text="Remove"
      label={`Remove the policy ${name}`}
      title={`Remove the policy ${name}?`}
      action="Remove the policy"
      said={`The policy ${name} was removed.`}
      work={() =>
        bodyOf(api.DELETE('/projects/{project}/policies/{policy}', { params: { path: { project, policy: name } } }))
      }
    >
      What it refused can be pulled again at once. To try, set it to warn or off instead.
    </AskButton>
  )
}
