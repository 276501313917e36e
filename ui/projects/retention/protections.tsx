import { useQuery } from '@tanstack/react-query'
import { api, bodyOf } from '../../api/client.ts'
import { read } from '../../api/read.ts'
import { AskButton } from '../../kit/ask-button.tsx'
import { Card } from '../../kit/card.tsx'
import { formatDate } from '../../kit/format.ts'
import { Shown } from '../../kit/shown.tsx'
import { Table } from '../../kit/table.tsx'

interface ProtectionsProps {
  readonly project: string
  readonly mayManage: boolean
}

/** Who says that it uses images: they are not deleted meanwhile. */
export function Protections({ project, mayManage }: ProtectionsProps) {
  const holders = useQuery(read('/projects/{project}/protections', { params: { path: { project } } }))
  return (
    <Card title="In use">
      <Shown query={holders}>
        {({ items }) => (
          <Table
            label="Who uses images"
            rows={items}
            keyOf={({ holder }) => holder}
            columns={[
              { title: 'Who', cell: ({ holder }) => <span className="break-all">{holder}</span> },
              { title: 'Images', cell: ({ images }) => images.toLocaleString(), isNumber: true },
              { title: 'Until', cell: ({ until }) => formatDate(until) },
              { title: '', cell: ({ holder }) => mayManage && <End {...{ project, holder }} /> },
            ]}
            empty="Nobody said so. A cluster or a pipeline that does keeps its images from being deleted: berth protect, or the admin API."
          />
        )}
      </Shown>
    </Card>
  )
}

function End({ project, holder }: { readonly project: string; readonly holder: string }) {
  return (
    <AskButton
      text="End"
      label={`End what ${holder} protects`}
      title={`End what ${holder} protects?`}
      action="End it"
      said={`What ${holder} uses can be deleted.`}
      work={() =>
        bodyOf(api.DELETE('/projects/{project}/protections/{holder}', { params: { path: { project, holder } } }))
      }
    >
      Its images can then be deleted, by people and by retention, until it says again that it uses them.
    </AskButton>
  )
}
