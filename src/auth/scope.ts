import { isRepositoryName } from '../oci/name.ts'

/** `type:name:actions` of the token protocol (distribution "Token Scope Documentation"). */
export interface AccessEntry {
  readonly type: 'repository' | 'registry'
  readonly name: string
  readonly actions: readonly TokenAction[]
}

export type TokenAction = 'pull' | 'push' | 'delete' | '*'

const TOKEN_ACTIONS = new Set<string>(['pull', 'push', 'delete', '*'])
const MAX_SCOPES = 16

function isTokenAction(text: string): text is TokenAction {
  return TOKEN_ACTIONS.has(text)
}

/**
 * Scopes from any number of parameters, each of which may hold several separated by spaces. What is not understood is
 * left out, which never grants more; so are scopes after the sixteenth.
 */
export function parseScopes(parameters: readonly string[]): AccessEntry[] {
  const texts = parameters.flatMap((parameter) => parameter.slice(0, 16_384).split(' ')).filter((text) => text !== '')
  return texts.slice(0, MAX_SCOPES).flatMap((text) => parseScope(text) ?? [])
}

/** Whether a value, read from a token, is a list of entries as we write them. */
export function isAccessList(value: unknown): value is readonly AccessEntry[] {
  return Array.isArray(value) && value.every(isAccessEntry)
}

function isAccessEntry(value: unknown): value is AccessEntry {
  if (typeof value !== 'object' || value === null) return false
  const { type, name, actions } = value as Readonly<Record<string, unknown>>
  const known = type === 'repository' || type === 'registry'
  return (
    known && typeof name === 'string' && Array.isArray(actions) && actions.every((action) => TOKEN_ACTIONS.has(action))
  )
}

/** The name may hold a host with a port, so the type ends at the first colon and the actions begin after the last. */
function parseScope(text: string): AccessEntry | undefined {
  const first = text.indexOf(':')
  const last = text.lastIndexOf(':')
  if (first < 0 || first === last) return undefined
  const type = text.slice(0, first).replace(/\([a-z0-9]+\)$/, '')
  const name = text.slice(first + 1, last)
  const actions = [...new Set(text.slice(last + 1).split(','))].filter(isTokenAction)
  if (type === 'registry' && name === 'catalog') return { type, name, actions }
  if (type === 'repository' && isRepositoryName(name)) return { type, name, actions }
  return undefined
}

export function formatScope({ type, name, actions }: AccessEntry): string {
  return `${type}:${name}:${actions.join(',')}`
}
