import type { ItemOf } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Ago } from '../kit/time.tsx'

type Health = NonNullable<ItemOf<'/remotes'>['health']>

interface RemoteHealthProps {
  readonly health: Health | undefined
  /** How many requests are sent at most. */
  readonly perMinute: number | undefined
}

/** How a registry lately was, and how many pulls its rate limit leaves. */
export function RemoteHealth({ health, perMinute }: RemoteHealthProps) {
  if (health === undefined) return <p className="mt-1 text-sm text-soft">Nobody asked it within the last hour.</p>
  const { requests, failures, budget, lastProblem, pausedUntil, credentialsAccepted } = health
  const isPaused = pausedUntil !== undefined && Date.parse(pausedUntil) > Date.now()
  return (
    <>
      <p className="mt-1 flex flex-wrap items-baseline gap-x-3 gap-y-1 text-sm text-soft">
        {isPaused ? <Badge mood="bad">paused</Badge> : <Badge mood="good">asked</Badge>}
        {credentialsAccepted === false && <Badge mood="bad">password refused</Badge>}
        <span>
          {requests.toLocaleString()} requests, {failures.toLocaleString()} failed
        </span>
        {perMinute !== undefined && <span>at most {perMinute.toLocaleString()} a minute</span>}
        {isPaused && (
          <span>
            not asked again before <Ago at={pausedUntil} />
          </span>
        )}
      </p>
      {budget?.remaining !== undefined && <Budget budget={budget} remaining={budget.remaining} />}
      {lastProblem !== undefined && (
        <p className="mt-1 text-sm break-words text-soft">
          Last problem, <Ago at={lastProblem.at} />: {lastProblem.message}
        </p>
      )}
    </>
  )
}

const LOW = 0.1

function Budget({ budget, remaining }: { readonly budget: NonNullable<Health['budget']>; readonly remaining: number }) {
  const { limit, windowSeconds, seenAt } = budget
  const isLow = limit !== undefined && remaining < limit * LOW
  const hours = windowSeconds === undefined ? undefined : windowSeconds / 3600
  return (
    <div className="mt-2 max-w-md text-sm">
      <p className={`mb-1 ${isLow ? 'text-danger' : 'text-soft'}`}>
        {remaining.toLocaleString()}
        {limit !== undefined && ` of ${limit.toLocaleString()}`} pulls left
        {hours !== undefined && ` in ${hours.toLocaleString()} h`}, <Ago at={seenAt} />
      </p>
      {limit !== undefined && (
        <meter
          aria-label="Pulls left"
          className="h-2 w-full"
          min={0}
          max={Math.max(limit, 1)}
          low={limit * LOW}
          value={remaining}
        />
      )}
    </div>
  )
}
