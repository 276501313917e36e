import { Problem } from '../lib/problem.ts'

/** A label that an image must have. */
export interface WantedLabel {
  readonly key: string
  /** Undefined: any. */
  readonly value: string | undefined
}

/** `key` or `key=value`. @throws Problem */
export function parseLabel(text: string): WantedLabel {
  const equals = text.indexOf('=')
  const key = equals < 0 ? text : text.slice(0, equals)
  if (key.trim() === '') throw new Problem('invalid', `"${text}" is not a label such as "stage" or "stage=production"`)
  return { key, value: equals < 0 ? undefined : text.slice(equals + 1) }
}

export type Labels = Readonly<Record<string, unknown>>

export function hasLabels(wanted: readonly WantedLabel[], labels: Labels): boolean {
  return wanted.every(({ key, value }) => {
    const found = Object.hasOwn(labels, key) ? labels[key] : undefined
    return found !== undefined && (value === undefined || found === value)
  })
}
