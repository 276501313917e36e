import { useQuery } from '@tanstack/react-query'
import { type ItemOf, read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { pollWhile } from '../kit/poll.ts'
import { Progress } from '../kit/progress.tsx'
import { Shown } from '../kit/shown.tsx'
import { Ago } from '../kit/time.tsx'
import { JobActions } from './job-actions.tsx'
import { Outcome } from './job-outcome.tsx'
import { JobRuns } from './job-runs.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'

type Job = ItemOf<'/jobs'>

/** What the servers do by themselves, those that run now first. */
export function Jobs({ canChange }: PartProps) {
  const jobs = useQuery({
    ...read('/jobs'),
    ...pollWhile(({ items }: { readonly items: readonly Job[] }) => items.some(isGoingOn)),
  })
  return (
    <>
      <PartTitle text="Jobs">What the servers do by themselves. Each can be asked for before its turn.</PartTitle>
      <Shown query={jobs}>
        {({ items }) => (
          <ul aria-label="Jobs" className="rounded-lg border border-line bg-card">
            {items
              .toSorted((a, b) => Number(isGoingOn(b)) - Number(isGoingOn(a)))
              .map((job) => (
                <JobRow key={job.name} {...{ job, canChange }} />
              ))}
          </ul>
        )}
      </Shown>
    </>
  )
}

function isGoingOn({ running, asked }: Job): boolean {
  return running !== undefined || asked
}

function JobRow({ job, canChange }: { readonly job: Job; readonly canChange: boolean }) {
  const { name, about, running, asked, lastRun, nextAt, everySeconds, everywhere } = job
  return (
    <li className="border-b border-line p-3 last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium break-all">{name}</span>
        {running !== undefined && <Badge mood="info">runs</Badge>}
        {asked && running === undefined && <Badge mood="info">about to run</Badge>}
        {lastRun !== undefined && lastRun.outcome !== 'done' && <Outcome of={lastRun.outcome} />}
        <span className="ml-auto flex flex-wrap gap-2">
          <ModalButton text="Runs" label={`Runs of ${name}`} title={`Runs of ${name}`} wide>
            {() => <JobRuns name={name} />}
          </ModalButton>
          {canChange && <JobActions name={name} isRunning={running !== undefined} />}
        </span>
      </div>
      <p className="mt-1 max-w-prose text-sm text-soft">{about}</p>
      {running !== undefined && (
        <div className="mt-2 max-w-md">
          {running.progress === undefined ? (
            <p className="text-sm text-soft">
              Began <Ago at={running.startedAt} /> at {running.server}.
            </p>
          ) : (
            <Progress label={running.progress.what} done={running.progress.done} of={running.progress.of} />
          )}
        </div>
      )}
      <p className="mt-1 text-sm text-soft">
        Every {durationText(everySeconds)}
        {everywhere && ', in each server'} ·{' '}
        {lastRun === undefined ? (
          'never ran'
        ) : (
          <>
            last <Ago at={lastRun.endedAt} />
          </>
        )}{' '}
        · next <Ago at={nextAt} />
      </p>
      {lastRun?.problem !== undefined && <p className="mt-1 text-sm break-words text-danger">{lastRun.problem}</p>}
    </li>
  )
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

function durationText(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ['second', 1]
  const count = Math.round(seconds / size)
  return count === 1 ? unit : `${count.toLocaleString()} ${unit}s`
}
