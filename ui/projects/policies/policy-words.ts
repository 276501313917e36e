import type { paths } from '../../api/client.ts'
import type { ItemOf } from '../../api/read.ts'

export type Policy = ItemOf<'/projects/{project}/policies'>
export type NewPolicy = NonNullable<
  paths['/projects/{project}/policies']['post']['requestBody']
>['content']['application/json']
export type Check = NewPolicy['check']
export type Mode = Policy['mode']

export const MODES: readonly (readonly [Mode, string])[] = [
  ['off', 'off'],
  ['warn', 'warn'],
  ['enforce', 'refuse'],
]
export const SEVERITIES = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What a rule asks of an image, as a sentence. */
export function describeCheck(check: Check | undefined): string {
  if (check === undefined) return 'Something that a newer version of the registry knows.'
  switch (check.kind) {
    case 'vulnerabilities':
      return describeVulnerabilities(check)
    case 'signatures':
      return `Signed by ${named(check.anchors, check.require)}.`
    case 'attestations':
      return `With an attestation ${check.predicateType} by ${named(check.anchors, check.require)}.`
    case 'labels':
      return `With the labels ${Object.entries(check.required)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')}.`
    case 'base':
      return `Built upon ${[...(check.allow ?? []), ...(check.layersOf ?? []).map((pattern) => `the layers of ${pattern}`)].join(', ')}.`
    case 'age':
      return `Made within ${check.maxDays} days.`
  }
}

function describeVulnerabilities({
  severity,
  fixAvailable = false,
  graceDays = 0,
}: Extract<Check, { readonly kind: 'vulnerabilities' }>): string {
  const worse = severity === 'critical' ? 'critical' : `${severity} or worse`
  const fixed = fixAvailable ? ' that has a fix' : ''
  return `Nothing ${worse}${fixed}${graceDays > 0 ? `, ${graceDays} days after it was found here` : ''}.`
}

function named(anchors: readonly string[], require: 'any' | 'all' = 'any'): string {
  return anchors.join(require === 'any' ? ' or ' : ' and ')
}
