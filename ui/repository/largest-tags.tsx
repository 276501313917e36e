import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { formatBytes } from '../kit/format.ts'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'

/** Which tags hold most alone: those whose end makes room. */
export function LargestTags({ repository }: { readonly repository: string }) {
  const usage = useQuery(read('/repositories/{repository}/usage', { params: { path: { repository } } }))
  return (
    <Card title="What frees what">
      <Shown query={usage}>
        {({ items, isComplete }) => (
          <>
            <Table
              label="Tags that hold most alone"
              rows={items}
              keyOf={({ tag }) => tag}
              columns={[
                {
                  title: 'Tag',
                  cell: ({ tag }) => (
                    <Link to="/i/$" params={{ _splat: repository }} search={{ ref: tag }} className="break-all">
                      {tag}
                    </Link>
                  ),
                },
                { title: 'Pushed', cell: ({ pushedAt }) => <Ago at={pushedAt} /> },
                { title: 'Holds alone', cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
              ]}
              empty="No tag holds anything alone: each shares all it has with others."
            />
            <p className="mt-2 text-xs text-soft">
              What a tag holds alone no other tag here needs; other repositories may.
              {!isComplete && ' There is very much in this repository, and what is small was left out.'} Choose several
              in the list of tags to see what they would free together.
            </p>
          </>
        )}
      </Shown>
    </Card>
  )
}
