import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, bodyOf } from '../api/client.ts'
import { type ItemOf, read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { type Column, Table } from '../kit/table.tsx'
import { SourceForm } from './source-form.tsx'

type Source = ItemOf<'/sources'>

/** What is brought from elsewhere when it is pulled, in the order in which it is looked for. */
export function Sources({ canChange }: { readonly canChange: boolean }) {
  const sources = useQuery(read('/sources'))
  const columns: readonly Column<Source>[] = [
    { title: 'Order', cell: ({ position }) => position, isNumber: true },
    { title: 'For', cell: ({ project }) => <For project={project} /> },
    { title: 'From', cell: ({ remote, prefix }) => <span className="break-all">{`${remote}/${prefix}…`}</span> },
    {
      title: 'Tags',
      cell: ({ mode }) => <Badge>{mode === 'cache' ? 'as they are there' : 'only what is not here'}</Badge>,
    },
    { title: 'Only', cell: ({ allow }) => <span className="break-all">{allow.join(', ')}</span> },
    {
      title: '',
      cell: (source) => canChange && <SourceActions source={source} />,
    },
  ]
  return (
    <Card
      title="Pulled through"
      actions={
        canChange && (
          <ModalButton text="Add a source" title="Add a source">
            {(close) => <SourceForm onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={sources}>
        {({ items }) => (
          <Table
            label="Sources"
            rows={items}
            keyOf={({ id }) => id}
            columns={columns}
            empty="Nothing is pulled through. A source lets a project get from another registry what it does not have, and keeps it."
          />
        )}
      </Shown>
    </Card>
  )
}

function For({ project }: { readonly project: string | undefined }) {
  if (project === undefined) return 'the whole registry'
  return (
    <Link to="/p/$" params={{ _splat: project }} className="break-all">
      {project}
    </Link>
  )
}

function SourceActions({ source }: { readonly source: Source }) {
  const { id, project, remote } = source
  const what = `${remote} for ${project ?? 'the whole registry'}`
  return (
    <span className="inline-flex gap-2">
      <ModalButton text="Edit" label={`Edit ${what}`} title={`Edit ${what}`}>
        {(close) => <SourceForm before={source} onClose={close} />}
      </ModalButton>
      <AskButton
        text="Remove"
        label={`Remove ${what}`}
        title={`Get nothing more from ${remote}?`}
        action="Remove the source"
        said="The source was removed."
        work={() => bodyOf(api.DELETE('/sources/{source}', { params: { path: { source: id } } }))}
      >
        What was pulled through it stays; what is not here yet is not found any more.
      </AskButton>
    </span>
  )
}
