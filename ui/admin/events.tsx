import { useEffect, useState } from 'react'
import { type LiveEvent, listenToEvents } from '../api/live.tsx'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Empty } from '../kit/empty.tsx'
import { shortDigest } from '../kit/format.ts'
import { PartTitle } from './part-title.tsx'
import { TargetLink } from './target-link.tsx'

/** Older ones are in the audit. */
const MAX_SHOWN = 200

/** What happens, as it happens, the latest first. */
export function Events() {
  const [isPaused, setPaused] = useState(false)
  const [events, setEvents] = useState<readonly LiveEvent[]>([])
  useEffect(() => {
    if (isPaused) return
    return listenToEvents((event) => setEvents((before) => [event, ...before].slice(0, MAX_SHOWN)))
  }, [isPaused])
  return (
    <>
      <PartTitle
        text="Events"
        actions={
          <>
            {events.length > 0 && <Button onClick={() => setEvents([])}>Clear</Button>}
            <Button onClick={() => setPaused(!isPaused)}>{isPaused ? 'Go on' : 'Pause'}</Button>
          </>
        }
      >
        What happens in the registry from now on, as it happens. What was before is in the audit; programs read the same
        by webhooks or at /api/v1/events.
      </PartTitle>
      {events.length === 0 ? (
        <Empty title={isPaused ? 'Paused.' : 'Waiting for something to happen…'}>Push an image, for example.</Empty>
      ) : (
        <ol aria-label="Events" aria-live="polite" className="rounded-lg border border-line bg-card">
          {events.map((event) => (
            <EventRow key={event.id} event={event} />
          ))}
        </ol>
      )}
    </>
  )
}

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

function EventRow({ event: { type, time, target, tags = [], digest, actor } }: { readonly event: LiveEvent }) {
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-1 border-b border-line px-3 py-2 text-sm last:border-0">
      <time dateTime={time} className="text-soft tabular-nums">
        {TIME.format(new Date(time))}
      </time>
      <Badge mood="info">{type}</Badge>
      <TargetLink target={target} />
      {tags.map((tag) => (
        <code key={tag} className="font-mono text-xs break-all">
          {tag}
        </code>
      ))}
      {digest !== undefined && (
        <code title={digest} className="font-mono text-xs text-soft">
          {shortDigest(digest)}
        </code>
      )}
      {actor !== undefined && <span className="text-soft sm:ml-auto">{actor.name}</span>}
    </li>
  )
}
