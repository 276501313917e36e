import { fixupSpdxId } from '@cyclonedx/cyclonedx-library/SPDX'

/** What a package says of its licences, sorted out. */
export interface SaidLicenses {
  /** SPDX expressions; one identifier is one, too. */
  readonly expressions: readonly string[]
  /** What is no SPDX expression, as it was written. */
  readonly names: readonly string[]
}

const MAX_LICENSES = 50
const MAX_CHARACTERS = 1000

/** Debian's and rpm's own names are names: guessing which licence was meant is for lawyers. */
export function sortLicenses(texts: readonly string[] = []): SaidLicenses {
  const expressions = new Set<string>()
  const names = new Set<string>()
  for (const text of texts.slice(0, MAX_LICENSES)) {
    const said = text.trim().slice(0, MAX_CHARACTERS)
    if (said === '') continue
    const expression = findExpression(said)
    if (expression === undefined) names.add(said)
    else expressions.add(expression)
  }
  return { expressions: [...expressions].sort(), names: [...names].sort() }
}

/** Whether it is a licence and nothing else: no operator, no exception. */
export function isIdentifier(expression: string): boolean {
  return fixupSpdxId(expression) === expression && !isException(expression)
}

/**
 * The expression with its identifiers as the list has them (SPDX 2.3, annex D); undefined: it is none. References to
 * licences that the text does not define are nothing that anybody else could look up.
 */
export function findExpression(text: string): string | undefined {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? []
  const written: string[] = []
  let depth = 0
  let needs: Place = 'licence'
  for (const token of tokens) {
    const step: Step | undefined = isParenthesis(token) ? findParenthesis(token, needs) : findWord(token, needs)
    if (step === undefined || (step.word === 'WITH' && !mayHaveException(written))) return undefined
    depth += DEPTHS[token] ?? 0
    if (depth < 0) return undefined
    written.push(step.word)
    needs = step.needs
  }
  if (depth !== 0 || needs !== 'operator') return undefined
  return written.join(' ').replaceAll('( ', '(').replaceAll(' )', ')')
}

const DEPTHS: Readonly<Record<string, number>> = { '(': 1, ')': -1 }

/** A licence, and one exception of it. */
function mayHaveException(written: readonly string[]): boolean {
  return written.at(-1) !== ')' && written.at(-2) !== 'WITH'
}

/** What has to come next. */
type Place = 'licence' | 'operator' | 'exception'

interface Step {
  readonly word: string
  readonly needs: Place
}

function isParenthesis(token: string): token is '(' | ')' {
  return token === '(' || token === ')'
}

function findParenthesis(token: '(' | ')', needs: Place): Step | undefined {
  return needs === (token === '(' ? 'licence' : 'operator') ? { word: token, needs } : undefined
}

function findWord(token: string, needs: Place): Step | undefined {
  if (needs === 'operator') {
    if (token === 'WITH') return { word: token, needs: 'exception' }
    return token === 'AND' || token === 'OR' ? { word: token, needs: 'licence' } : undefined
  }
  const word = findIdentifier(token, needs === 'licence')
  return word === undefined ? undefined : { word, needs: 'operator' }
}

/** The library's list holds exceptions, too. */
function findIdentifier(token: string, isLicence: boolean): string | undefined {
  const found = fixupSpdxId(token)
  if (found !== undefined) return isException(found) === isLicence ? undefined : found
  const base = isLicence && token.endsWith('+') ? fixupSpdxId(token.slice(0, -1)) : undefined
  return base === undefined || isException(base) ? undefined : `${base}+`
}

function isException(identifier: string): boolean {
  if (identifier === 'MPL-2.0-no-copyleft-exception' || identifier.includes('-with-')) return false
  return identifier.includes('-exception') || identifier.startsWith('SHL-2.')
}
