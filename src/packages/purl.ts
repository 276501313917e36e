import { Problem } from '../lib/problem.ts'

/** https://github.com/package-url/purl-spec */
export interface Purl {
  readonly type: string
  /** Its parts joined by slashes. */
  readonly namespace?: string
  readonly name: string
  readonly version?: string
  readonly qualifiers: Readonly<Record<string, string>>
  readonly subpath?: string
}

const MAX_LENGTH = 8192
const MAX_QUALIFIERS = 64

export function formatPurl({ type, namespace, name, version, qualifiers, subpath }: Purl): string {
  const path = [type, ...segments(namespace).map(encode), encode(name)].join('/')
  const at = version === undefined || version === '' ? '' : `@${encode(version)}`
  const pairs = Object.entries(qualifiers)
    .filter(([, value]) => value !== '')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encode(value)}`)
  const query = pairs.length === 0 ? '' : `?${pairs.join('&')}`
  const below = segments(subpath).map(encode).join('/')
  return `pkg:${path}${at}${query}${below === '' ? '' : `#${below}`}`
}

/** @throws Problem when it is no package URL */
export function parsePurl(text: string): Purl {
  const purl = text.length > MAX_LENGTH ? undefined : findPurl(text)
  if (purl === undefined) throw new Problem('invalid', `"${text.slice(0, 80)}" is not a package URL`)
  return purl
}

/** Undefined: it is no package URL. */
export function findPurl(text: string): Purl | undefined {
  try {
    return parse(text)
  } catch {
    // What percent signs are followed by is no text.
    return undefined
  }
}

function parse(text: string): Purl | undefined {
  if (text.length > MAX_LENGTH || !/^pkg:/i.test(text)) return undefined
  const [beforeSubpath, subpath] = splitLast(text.slice(4), '#')
  const [beforeQuery, query] = splitLast(beforeSubpath, '?')
  const path = beforeQuery.replace(/^\/+/, '')
  const slash = path.indexOf('/')
  const type = path.slice(0, Math.max(slash, 0)).toLowerCase()
  if (!/^[a-z][a-z0-9.+-]*$/.test(type)) return undefined
  const [place, version] = splitVersion(path.slice(slash + 1))
  const parts = segments(place).map(decodeURIComponent)
  const name = parts.pop()
  if (name === undefined || name === '') return undefined
  const below = segments(subpath).map(decodeURIComponent).filter(isPlain).join('/')
  return {
    ...{ type, name: typedName(type, name), qualifiers: parseQualifiers(query) },
    ...(parts.length === 0 ? {} : { namespace: typedNamespace(type, parts.join('/')) }),
    ...(version === undefined || version === '' ? {} : { version: decodeURIComponent(version) }),
    ...(below === '' ? {} : { subpath: below }),
  }
}

/** An `@` before the last slash is a scope's, that somebody did not encode. */
function splitVersion(text: string): [string, string | undefined] {
  const at = text.lastIndexOf('@')
  return at <= text.lastIndexOf('/') || at < 1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function splitLast(text: string, separator: string): [string, string | undefined] {
  const at = text.lastIndexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function parseQualifiers(query: string | undefined): Record<string, string> {
  const found = new Map<string, string>()
  for (const pair of (query ?? '').split('&').slice(0, MAX_QUALIFIERS)) {
    const equals = pair.indexOf('=')
    const key = pair.slice(0, Math.max(equals, 0)).toLowerCase()
    const value = decodeURIComponent(pair.slice(equals + 1))
    if (/^[a-z._-][a-z0-9._-]*$/.test(key) && key !== '__proto__' && value !== '') found.set(key, value)
  }
  return Object.fromEntries(found)
}

/** Types whose names are the same in large and small letters. */
const FOLDED = new Set(['deb', 'apk', 'rpm', 'pypi', 'composer', 'github', 'bitbucket', 'oci'])

function typedName(type: string, name: string): string {
  if (type === 'pypi') return name.toLowerCase().replaceAll('_', '-')
  // An rpm's name keeps its letters; its namespace does not.
  return FOLDED.has(type) && type !== 'rpm' ? name.toLowerCase() : name
}

function typedNamespace(type: string, namespace: string): string {
  return FOLDED.has(type) ? namespace.toLowerCase() : namespace
}

function segments(path: string | undefined): string[] {
  return (path ?? '').split('/').filter((part) => part !== '')
}

function isPlain(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('/')
}

/** All but unreserved characters and the colon. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%3A', ':')
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
