/** Depth at which no honest manifest nests; recursive readers further on may rely on it. */
const MAX_DEPTH = 64

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Parses JSON that two readers cannot understand in two ways: UTF-8 without a byte order mark, no duplicate keys
 * (JSON.parse silently keeps the last), at most 64 levels. Advisory class: GHSA-qq97-vm5h-rrhg, GHSA-mc8v-mgrf-8f4m.
 * @throws SyntaxError with a sentence for people
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    throw new SyntaxError('starts with a byte order mark')
  const text = decodeUtf8(bytes)
  rejectAmbiguity(text)
  return JSON.parse(text)
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new SyntaxError('is not UTF-8')
  }
}

/**
 * One linear pass that knows only strings and nesting; JSON.parse judges everything else. A string directly inside an
 * object and followed by a colon is a key.
 */
function rejectAmbiguity(text: string): void {
  const scopes: Scope[] = []
  let at = 0
  while (at < text.length) {
    if (text.charCodeAt(at) === QUOTE) {
      const end = endOfString(text, at)
      if (isFollowedByColon(text, end)) rememberKey(scopes.at(-1), text.slice(at, end))
      at = end
    } else {
      trackNesting(scopes, text.charCodeAt(at))
      at++
    }
  }
}

/** The keys seen so far in an open object; an open array has none. */
type Scope = Set<string> | undefined

function trackNesting(scopes: Scope[], code: number): void {
  if (code === OPEN_OBJECT) scopes.push(new Set())
  else if (code === OPEN_ARRAY) scopes.push(undefined)
  else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) scopes.pop()
  if (scopes.length > MAX_DEPTH) throw new SyntaxError(`nests deeper than ${MAX_DEPTH} levels`)
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const COLON = 0x3a

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    at += code === BACKSLASH ? 2 : 1
  }
  throw new SyntaxError('ends inside a string')
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from
  while (text.charCodeAt(at) <= 0x20) at++
  return text.charCodeAt(at) === COLON
}

function rememberKey(keys: Scope, quoted: string): void {
  const key: unknown = JSON.parse(quoted)
  if (keys === undefined || typeof key !== 'string') return
  if (keys.has(key)) throw new SyntaxError(`has the key ${JSON.stringify(key.slice(0, 64))} twice in one object`)
  keys.add(key)
}
