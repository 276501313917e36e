import type { ReactNode } from 'react'

export type Mood = 'plain' | 'good' | 'warn' | 'bad' | 'info'

const MOODS: Readonly<Record<Mood, string>> = {
  plain: 'border-line text-soft',
  good: 'border-good text-good',
  warn: 'border-warn text-warn',
  bad: 'border-danger text-danger',
  info: 'border-accent text-accent',
}

/** A word about something: never by its color alone. */
export function Badge({ mood = 'plain', children }: { readonly mood?: Mood; readonly children: ReactNode }) {
  return (
    <span
      className={`inline-block rounded-full border px-2 text-xs leading-5 font-medium whitespace-nowrap ${MOODS[mood]}`}
    >
      {children}
    </span>
  )
}
