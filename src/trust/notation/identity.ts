import { Problem } from '../../lib/problem.ts'
import { type DistinguishedName, KNOWN_ATTRIBUTES } from './distinguished-name.ts'

/** The attributes that a subject has to have, each with exactly this value; `*` is any subject. */
export type Identity = '*' | ReadonlyMap<string, string>

const PREFIX = 'x509.subject:'
const REQUIRED = ['C', 'ST', 'O']

/** `*`, or `x509.subject: C=US, ST=WA, O=example` (RFC 4514). @throws Problem */
export function parseIdentity(text: string): Identity {
  if (text === '*') return '*'
  if (!text.startsWith(PREFIX)) throw invalid(text, `is "*", or begins with "${PREFIX}"`)
  const attributes = new Map<string, string>()
  for (const part of split(tokensOf(text, text.slice(PREFIX.length)), ',')) {
    const { type, value } = attributeOf(text, part)
    if (attributes.has(type)) throw invalid(text, `has ${type} only once`)
    attributes.set(type, value)
  }
  const missing = REQUIRED.find((type) => !attributes.has(type))
  if (missing !== undefined) throw invalid(text, 'has at least C, ST (or S) and O')
  return attributes
}

/** One character, or one escaped byte. */
interface Token {
  readonly text: string
  readonly byte: number | undefined
  readonly escaped: boolean
}

function tokensOf(identity: string, text: string): readonly Token[] {
  const pattern = /\\([0-9A-Fa-f]{2})|\\([ ,;+"<>=#\\])|([^\\])/gsuy
  const tokens: Token[] = []
  let end = 0
  for (const [whole, hex, special, plain] of text.matchAll(pattern)) {
    const byte = hex === undefined ? undefined : Number.parseInt(hex, 16)
    tokens.push({ text: special ?? plain ?? '', byte, escaped: plain === undefined })
    end += whole.length
  }
  if (end !== text.length) throw invalid(identity, 'escapes with "\\" only what has to be escaped')
  return tokens
}

function split(tokens: readonly Token[], separator: string): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]]
  for (const token of tokens) {
    if (!token.escaped && token.text === separator) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}

function attributeOf(identity: string, tokens: readonly Token[]) {
  const equals = tokens.findIndex(({ escaped, text }) => !escaped && text === '=')
  const name = textOf(identity, trimmed(tokens.slice(0, Math.max(equals, 0)))).toUpperCase()
  const type = name === 'S' ? 'ST' : name
  const valueTokens = trimmed(tokens.slice(equals + 1))
  if (valueTokens[0]?.text === '#' && !valueTokens[0].escaped)
    throw invalid(identity, 'has no values that begin with "#"')
  if (valueTokens.some(({ escaped, text }) => !escaped && ';+"<>'.includes(text)))
    throw invalid(identity, 'has one attribute between two commas, and ; + " < > escaped with "\\"')
  const value = textOf(identity, valueTokens)
  if (!KNOWN_ATTRIBUTES.includes(type) || value === '')
    throw invalid(identity, `names attributes out of ${KNOWN_ATTRIBUTES.join(', ')}, each with a value`)
  return { type, value }
}

function trimmed(tokens: readonly Token[]): readonly Token[] {
  const counts = ({ escaped, text }: Token) => escaped || text !== ' '
  return tokens.slice(Math.max(tokens.findIndex(counts), 0), tokens.findLastIndex(counts) + 1)
}

function textOf(identity: string, tokens: readonly Token[]): string {
  const bytes = Buffer.concat(
    tokens.map(({ text, byte }) => (byte === undefined ? Buffer.from(text) : Buffer.of(byte))),
  )
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw invalid(identity, 'is UTF-8')
  }
}

function invalid(identity: string, rule: string): Problem {
  return new Problem('invalid', `the identity ${JSON.stringify(identity.slice(0, 128))} is not accepted: one ${rule}`)
}

/** Whether there may be a certificate that both are the identity of in such a way that one of them is superfluous. */
export function overlap(one: Identity, other: Identity): boolean {
  return one === '*' || other === '*' || isPartOf(one, other) || isPartOf(other, one)
}

function isPartOf(part: ReadonlyMap<string, string>, whole: ReadonlyMap<string, string>): boolean {
  return [...part].every(([type, value]) => whole.get(type) === value)
}

/**
 * Whether a subject has every attribute of the identity, with the same value, letter by letter. A subject that has one
 * of them twice, or two in one place, has none that could be compared.
 */
export function matches(identity: Identity, subject: DistinguishedName): boolean {
  if (identity === '*') return true
  if (subject.some((attributes) => attributes.length !== 1)) return false
  const attributes = subject.flat()
  return [...identity].every(([type, value]) => {
    const same = attributes.filter((attribute) => attribute.type === type)
    return same.length === 1 && same[0]?.value === value
  })
}
