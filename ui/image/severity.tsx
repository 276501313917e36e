import { Badge, type Mood } from '../kit/badge.tsx'

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const
export type Severity = (typeof SEVERITIES)[number]

const MOODS: Readonly<Record<Severity, Mood>> = {
  ...{ critical: 'bad', high: 'bad', medium: 'warn', low: 'info' },
  ...{ negligible: 'plain', unknown: 'plain' },
}

export function SeverityBadge({ severity }: { readonly severity: Severity }) {
  return <Badge mood={MOODS[severity]}>{severity}</Badge>
}

const PLACES: readonly (readonly [RegExp, (id: string) => string])[] = [
  [/^CVE-\d{4}-\d+$/, (id) => `https://www.cve.org/CVERecord?id=${id}`],
  [/^GHSA(-[a-z0-9]{4}){3}$/, (id) => `https://github.com/advisories/${id}`],
  [/^[A-Z][A-Z0-9]*-[A-Za-z0-9:._-]+$/, (id) => `https://osv.dev/vulnerability/${id}`],
]

/** Where others tell of it; a name that is none leads nowhere. */
export function VulnerabilityLink({ id }: { readonly id: string }) {
  const place = PLACES.find(([pattern]) => pattern.test(id))?.[1]
  if (place === undefined) return <span className="font-medium break-all">{id}</span>
  return (
    <a href={place(id)} rel="noopener noreferrer nofollow" target="_blank" className="font-medium break-all underline">
      {id}
    </a>
  )
}
