import { useQuery } from '@tanstack/react-query'
import { api, bodyOf } from '../api/client.ts'
import { type ItemOf, read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { type Column, Table } from '../kit/table.tsx'
import { NewMember } from './new-member.tsx'
import type { ProjectViewProps } from './project-tabs.tsx'

type Grant = ItemOf<'/projects/{project}/grants'>

/** Who may do what in a project. */
export function Members({ project }: ProjectViewProps) {
  const grants = useQuery(read('/projects/{project}/grants', { params: { path: { project } } }))
  const columns: readonly Column<Grant>[] = [
    { title: 'Who', cell: ({ subject }) => <Subject subject={subject} /> },
    { title: 'May', cell: ({ allows }) => allows.split(',').join(', ') },
    {
      title: 'Where',
      cell: ({ pattern }) =>
        pattern === '' ? (
          <span className="text-soft">everywhere in the project</span>
        ) : (
          <code className="font-mono break-all">{`${project}/${pattern}`}</code>
        ),
    },
    { title: '', cell: (grant) => <Remove {...{ project, grant }} /> },
  ]
  return (
    <Card
      title="Members"
      actions={
        <ModalButton text="Add a member" title="Add a member" tone="main">
          {(close) => <NewMember project={project} onClose={close} />}
        </ModalButton>
      }
    >
      <Shown query={grants}>
        {({ items }) => (
          <Table
            label="Who may do what"
            columns={columns}
            rows={items}
            keyOf={({ id }) => id}
            empty="Nobody was given anything here. Administrators of the registry may do everything all the same."
          />
        )}
      </Shown>
    </Card>
  )
}

function Subject({ subject }: { readonly subject: string }) {
  const colon = subject.indexOf(':')
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Badge>{subject.slice(0, colon)}</Badge>
      <span className="font-medium break-all">{subject.slice(colon + 1)}</span>
    </span>
  )
}

function Remove({ project, grant: { id, subject, allows } }: { readonly project: string; readonly grant: Grant }) {
  return (
    <AskButton
      text="Remove"
      label={`Remove ${subject} as ${allows}`}
      title={`Take this from ${subject}?`}
      action="Remove"
      said={`${subject} has it no more.`}
      work={() =>
        bodyOf(api.DELETE('/projects/{project}/grants/{grant}', { params: { path: { project, grant: id } } }))
      }
    >
      It is over at once, also for whoever is signed in. What was pushed stays.
    </AskButton>
  )
}
