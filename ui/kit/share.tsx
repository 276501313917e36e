import { useId } from 'react'

interface ShareProps {
  readonly label: string
  readonly used: number
  /** Absent: there is none, and nothing is shown. */
  readonly limit?: number
  readonly percent?: number
  readonly format?: (value: number) => string
}

/** From here on it is nearly full. */
const NEARLY_PERCENT = 85

/** How much of what may be used is used: a bar, and the numbers. */
export function Share({ label, used, limit, percent = 0, format = (value) => value.toLocaleString() }: ShareProps) {
  const id = useId()
  if (limit === undefined) return null
  return (
    <div className="text-sm">
      <p className="mb-1 flex flex-wrap justify-between gap-x-4">
        <span id={id}>{label}</span>
        <span className="text-soft tabular-nums">
          {format(used)} of {format(limit)} ({percent} %)
        </span>
      </p>
      <meter aria-labelledby={id} className="sr-only" value={Math.min(used, limit)} max={Math.max(limit, 1)} />
      <div aria-hidden="true" className="h-2.5 overflow-hidden rounded-full border border-control bg-page">
        <div
          className={`h-full ${percent >= NEARLY_PERCENT ? 'bg-warn' : 'bg-accent'}`}
          style={{ width: `${Math.min(percent, 100)}%` }}
        />
      </div>
    </div>
  )
}
