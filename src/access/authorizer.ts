import type { Principal } from '../auth/principal.ts'
import type { RepositoryName } from '../oci/name.ts'

export type Action = 'pull' | 'push' | 'delete' | 'catalog'

export type Resource = { readonly repository: RepositoryName } | 'catalog'

/** Allowed or not, and by which rule, so that every refusal can say why. */
export interface Decision {
  readonly allowed: boolean
  readonly rule: string
  /** Refused only because the token was issued for less than its owner may do: ask for a wider one. */
  readonly tokenTooNarrow?: boolean
}

/** What a principal may do; deny by default. */
export interface Authorizer {
  allows(who: Principal, action: Action, on: Resource): Promise<Decision>
}

/** What may be done without signing in. `push` includes deleting. */
export type AnonymousAccess = 'none' | 'pull' | 'push'

const ANONYMOUS_ACTIONS: Readonly<Record<AnonymousAccess, readonly Action[]>> = {
  none: [],
  pull: ['pull', 'catalog'],
  push: ['pull', 'push', 'delete', 'catalog'],
}

/** Everyone who has signed in may do everything; the others what `anonymous` says at that moment. */
export function openAuthorizer(anonymous: () => Promise<AnonymousAccess>): Authorizer {
  return {
    allows: async (who, action) => {
      if (who.kind === 'user') return { allowed: true, rule: 'signed-in users may pull, push and delete' }
      const access = await anonymous()
      return { allowed: ANONYMOUS_ACTIONS[access].includes(action), rule: `auth.anonymous is "${access}"` }
    },
  }
}

/** A token never allows more than it was issued for, whatever its owner may do. */
export function withinToken(inner: Authorizer): Authorizer {
  return {
    allows: async (who, action, on) => {
      const decision = await inner.allows(who, action, on)
      if (!decision.allowed || who.tokenAccess === undefined || tokenCovers(who, action, on)) return decision
      return { allowed: false, rule: `the token was not issued for ${action}`, tokenTooNarrow: true }
    },
  }
}

function tokenCovers({ tokenAccess = [] }: Principal, action: Action, on: Resource): boolean {
  const type = on === 'catalog' ? 'registry' : 'repository'
  const name = on === 'catalog' ? 'catalog' : on.repository
  return tokenAccess.some(
    (entry) =>
      entry.type === type &&
      entry.name === name &&
      (entry.actions.includes('*') || (action !== 'catalog' && entry.actions.includes(action))),
  )
}
