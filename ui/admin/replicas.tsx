import { useQuery } from '@tanstack/react-query'
import { read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'

/** Servers on the same database; there are none besides this one on SQLite. */
export function Replicas() {
  const replicas = useQuery(read('/replicas'))
  return (
    <Card title="Servers on this database">
      <Shown query={replicas}>
        {({ replicas: found }) => (
          <Table
            label="Servers"
            rows={found}
            keyOf={({ id }) => id}
            empty="This one alone. With PostgreSQL there can be several."
            columns={[
              { title: 'Host', cell: ({ host }) => <span className="font-medium break-all">{host}</span> },
              { title: 'Version', cell: ({ version }) => version },
              { title: 'Started', cell: ({ startedAt }) => <Ago at={startedAt} /> },
              { title: 'Seen', cell: ({ seenAt }) => <Ago at={seenAt} /> },
              { title: 'Jobs', cell: ({ jobs }) => (jobs.length === 0 ? 'none' : jobs.join(', ')) },
            ]}
          />
        )}
      </Shown>
    </Card>
  )
}
