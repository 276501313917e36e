import type { ReactNode } from 'react'

interface StatProps {
  readonly label: string
  readonly children: ReactNode
}

/** A figure that one sees first. */
export function Stat({ label, children }: StatProps) {
  return (
    <div className="rounded-lg border border-line bg-card px-3 py-2.5">
      <dt className="text-xs text-soft">{label}</dt>
      <dd className="mt-0.5 text-xl font-semibold tabular-nums">{children}</dd>
    </div>
  )
}

export function Stats({ children }: { readonly children: ReactNode }) {
  return <dl className="mb-4 grid grid-cols-[repeat(auto-fit,minmax(7rem,1fr))] gap-3">{children}</dl>
}
