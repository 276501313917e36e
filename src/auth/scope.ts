import { isRepositoryName } from '../oci/name.ts'

/** `type:name:actions` of the token protocol (distribution "Token Scope Documentation"). */
export interface AccessEntry {
  readonly type: 'repository' | 'registry'
  readonly name: string
  readonly actions: readonly TokenAction[]
}

/** An entry as it stands in a token. */
export interface TokenAccess extends AccessEntry {
  /** The project that the name belonged to when the token was made; null: to none. A new one of the same name is another. */
  readonly project: number | null
}

export type TokenAction = 'pull' | 'push' | 'delete' | '*' | 'search'

const TOKEN_ACTIONS = new Set<string>(['pull', 'push', 'delete', '*', 'search'])
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
export function isAccessList(value: unknown): value is readonly TokenAccess[] {
  return Array.isArray(value) && value.every(isTokenAccess)
}

function isTokenAccess(value: unknown): value is TokenAccess {
  if (typeof value !== 'object' || value === null) return false
  const { type, name, actions, project } = value as Readonly<Record<string, unknown>>
  const known = (type === 'repository' || type === 'registry') && typeof name === 'string'
  const bound = project === null || typeof project === 'number'
  return known && bound && Array.isArray(actions) && actions.every((action) => TOKEN_ACTIONS.has(action))
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
  // `search` is docker's word for one thing only: looking through the catalog.
  if (type === 'repository' && isRepositoryName(name))
    return { type, name, actions: actions.filter((action) => action !== 'search') }
  return undefined
}

export function formatScope({ type, name, actions }: AccessEntry): string {
  return `${type}:${name}:${actions.join(',')}`
}
