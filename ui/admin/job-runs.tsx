import { useQuery } from '@tanstack/react-query'
import { read } from '../api/read.ts'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'
import { Outcome } from './job-outcome.tsx'

/** The last ones, newest first. */
export function JobRuns({ name }: { readonly name: string }) {
  const job = useQuery(read('/jobs/{job}', { params: { path: { job: name } } }))
  return (
    <Shown query={job}>
      {({ runs }) => (
        <Table
          label="Runs"
          rows={runs}
          keyOf={({ startedAt, server }) => `${startedAt} ${server}`}
          empty="None that is worth telling: of jobs that run often, only runs that took long, failed or were asked for are kept."
          columns={[
            { title: 'Began', cell: ({ startedAt }) => <Ago at={startedAt} /> },
            {
              title: 'Took',
              cell: ({ startedAt, endedAt }) => tookText(Date.parse(endedAt) - Date.parse(startedAt)),
              isNumber: true,
            },
            { title: 'Outcome', cell: ({ outcome }) => <Outcome of={outcome} /> },
            { title: 'Why', cell: ({ asked }) => (asked ? 'asked for' : 'its turn') },
            { title: 'Server', cell: ({ server }) => <span className="break-all">{server}</span> },
            { title: 'Problem', cell: ({ problem }) => <span className="break-words">{problem}</span> },
          ]}
        />
      )}
    </Shown>
  )
}

function tookText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`
}
