import { numberOf, textOf } from '../../kit/form.tsx'
import { type Check, SEVERITIES } from './policy-words.ts'

/** What a rule asks, from the fields of its kind. */
export function checkOf(data: FormData, kind: Check['kind']): Check {
  const anchors = data.getAll('anchor').map(String)
  const require = data.get('require') === 'all' ? 'all' : 'any'
  switch (kind) {
    case 'vulnerabilities':
      return {
        kind,
        severity: SEVERITIES.find((each) => each === data.get('severity')) ?? 'critical',
        fixAvailable: data.get('fixAvailable') !== null,
        graceDays: numberOf(data, 'graceDays') ?? 0,
        unscanned: oneOf(['allow', 'warn', 'refuse'], data.get('unscanned')) ?? 'warn',
        unrated: oneOf(['count', 'warn', 'ignore'], data.get('unrated')) ?? 'warn',
      }
    case 'signatures':
      return { kind, anchors, require }
    case 'attestations':
      return { kind, anchors, require, predicateType: textOf(data, 'predicateType') ?? '' }
    case 'labels':
      return { kind, required: labelsOf(textOf(data, 'labels') ?? '') }
    case 'base':
      return { kind, allow: linesOf(textOf(data, 'allow')), layersOf: linesOf(textOf(data, 'layersOf')) }
    case 'age':
      return { kind, maxDays: numberOf(data, 'maxDays') ?? 1 }
  }
}

function oneOf<Word extends string>(words: readonly Word[], value: FormDataEntryValue | null): Word | undefined {
  return words.find((word) => word === value)
}

export function linesOf(text = ''): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function labelsOf(text: string): Record<string, string> {
  const pairs = linesOf(text).map((line) => {
    const [name = '', ...value] = line.split('=')
    return [name.trim(), value.join('=').trim() || '*'] as const
  })
  return Object.fromEntries(pairs)
}
