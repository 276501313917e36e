import { Link } from '@tanstack/react-router'
import { nameOf } from '../image/image-head.tsx'
import { Badge } from '../kit/badge.tsx'
import { formatBytes, shortDigest, visibleName } from '../kit/format.ts'
import type { CompareViewProps, Comparison, Place } from './compared.ts'

/** Both, with what they weigh. */
export function Sizes({ pair, found }: CompareViewProps) {
  const { before, after, layers } = found
  const first = { repository: pair.repository, reference: pair.from }
  if (before.digest === after.digest)
    return <p className="mb-4 rounded-lg border border-line bg-card p-4 text-sm">Both name the same image.</p>
  return (
    <div className="mb-4 grid items-stretch gap-3 sm:grid-cols-[1fr_auto_1fr]">
      <Side place={first} image={before} label="From" />
      <div className="flex flex-col items-center justify-center gap-1 text-center text-sm">
        <span className="text-base font-semibold">{difference(after.sizeBytes - before.sizeBytes)}</span>
        <span className="text-xs text-soft">
          {layers.added.count === 0
            ? 'nothing more to pull'
            : `${formatBytes(layers.added.bytes)} to pull for who has the first`}
        </span>
      </div>
      <Side place={pair.to} image={after} label="To" />
    </div>
  )
}

export function difference(bytes: number): string {
  if (bytes === 0) return 'same size'
  return bytes > 0 ? `+${formatBytes(bytes)}` : `−${formatBytes(-bytes)}`
}

interface SideProps {
  readonly place: Place
  readonly image: Comparison['before']
  readonly label: string
}

function Side({ place: { repository, reference }, image, label }: SideProps) {
  const { digest, state, reasons, sizeBytes } = image
  return (
    <section aria-label={label} className="min-w-0 rounded-lg border border-line bg-card p-4 text-sm">
      <p className="text-xs text-soft">{label}</p>
      <p className="font-medium break-all">
        <Link to="/i/$" params={{ _splat: repository }} search={{ ref: reference }} className="underline">
          {nameOf(repository, reference)}
        </Link>
      </p>
      <p className="mt-1 flex flex-wrap items-baseline gap-x-3 text-soft">
        <span className="text-base text-ink tabular-nums">{formatBytes(sizeBytes)}</span>
        <code className="font-mono text-xs" title={digest}>
          {shortDigest(digest)}
        </code>
        {state !== 'complete' && <Badge mood="warn">{state === 'waiting' ? 'not looked into yet' : state}</Badge>}
      </p>
      {reasons.length > 0 && <p className="mt-1 text-xs text-warn">{visibleName(reasons.join('; '))}</p>}
    </section>
  )
}
