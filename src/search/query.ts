import { z } from 'zod'
import { Problem } from '../lib/problem.ts'

export const KINDS = ['repository', 'tag', 'digest', 'label', 'annotation', 'package', 'vulnerability'] as const
export type Kind = (typeof KINDS)[number]

/** Everything from `from` on, before `to`, in byte order. */
export interface Range {
  readonly from: string
  readonly to: string
}

export const MAX_QUERY_LENGTH = 200

/** Above everything that begins like the text before it. */
const END = '\u{10ffff}'

/** @throws Problem for what is in no name and no text */
export function parseQuery(text: string): string {
  const query = text.trim()
  if (query.length > MAX_QUERY_LENGTH)
    throw new Problem('invalid', `search for ${MAX_QUERY_LENGTH} characters at most ("q")`)
  if (/\p{Cc}/u.test(query)) throw new Problem('invalid', 'there are control characters in what to search for ("q")')
  return query
}

/** @throws Problem */
export function parseKinds(text: string): readonly Kind[] {
  if (text === '') return KINDS
  const asked = text.split(',').map((kind) => kind.trim())
  const unknown = asked.find((kind) => !KINDS.some((each) => each === kind))
  if (unknown !== undefined)
    throw new Problem('invalid', `there is no kind "${unknown.slice(0, 50)}": ${KINDS.join(', ')}`)
  return KINDS.filter((kind) => asked.includes(kind))
}

/** Tags that begin so; undefined: none can. */
export function tagRange(query: string): Range | undefined {
  return /^[\w][\w.-]{0,127}$/.test(query) ? { from: query, to: `${query}${END}` } : undefined
}

/** Digests that begin so, with or without their algorithm: from six digits on, as fewer are in most words. */
export function digestRanges(query: string): readonly Range[] {
  const [, algorithm, hex = ''] = /^(?:(sha256|sha512):)?([0-9a-f]{6,128})$/.exec(query.toLowerCase()) ?? []
  if (hex === '') return []
  const algorithms = algorithm === undefined ? ['sha256', 'sha512'] : [algorithm]
  return algorithms.map((name) => ({ from: `${name}:${hex}`, to: `${name}:${hex}${END}` }))
}

export function packageRange(query: string): Range {
  return { from: query, to: `${query}${END}` }
}

/** Ids are `CVE-2024-3094`, `GHSA-jfh8-c2jp-5v3q`: people write them in any case. Empty: it looks like no id. */
export function vulnerabilityRanges(query: string): readonly Range[] {
  const [, head = '', tail = ''] = /^([a-z]{2,20})-([\w:.-]*)$/i.exec(query) ?? []
  if (head === '') return []
  const written = new Set([query, query.toUpperCase(), `${head.toUpperCase()}-${tail.toLowerCase()}`])
  return [...written].map((from) => ({ from, to: `${from}${END}` }))
}

/** A whole id, which may stand elsewhere as another name of the same. */
export function wholeId(query: string): string | undefined {
  const id = query.toUpperCase()
  if (/^CVE-\d{4}-\d{4,10}$/.test(id)) return id
  return /^GHSA(?:-\w{4}){3}$/.test(id) ? `GHSA${id.slice(4).toLowerCase()}` : undefined
}

const MAX_WORDS = 8

/** Words of a query: nothing of a full text's own syntax is left in them. */
export function wordsOf(query: string): readonly string[] {
  return [...query.matchAll(/[\p{L}\p{N}\p{M}]+/gu)].slice(0, MAX_WORDS).map(([word]) => word)
}

/** Where a page ended: the kind, and what is needed to go on after its last item. */
export interface Cursor {
  readonly kind: Kind
  readonly key: readonly string[]
}

/** Of the second part of a key. */
const IS_NAME = /^[^\0]*$/
const IS_ID = /^\d{1,15}$/
const IS_KEY: Readonly<Record<Kind, RegExp>> = {
  ...{ repository: IS_NAME, tag: IS_NAME, digest: IS_NAME, label: IS_NAME, annotation: IS_NAME },
  ...{ package: IS_ID, vulnerability: IS_ID },
}

const cursor = z.tuple([z.enum(KINDS), z.string().max(300), z.string().max(300)])

export function formatCursor({ kind, key }: Cursor): string {
  return Buffer.from(JSON.stringify([kind, ...key])).toString('base64url')
}

/** @throws Problem */
export function parseCursor(text: string): Cursor | undefined {
  if (text === '') return undefined
  try {
    const [kind, ...key] = cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
    if (IS_KEY[kind].test(key[1]) && !key[0].includes('\0')) return { kind, key }
  } catch {
    // Said below.
  }
  throw new Problem('invalid', '"after" is what "next" of the page before was, and nothing else')
}
