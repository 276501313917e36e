import type { TokenAccess } from './scope.ts'

/** Who asks. Built by an authenticator from proof; nothing else makes one. */
export interface Principal {
  readonly kind: PrincipalKind
  /** Never changes and is never used again for somebody else: the owner of uploads and the subject of tokens. */
  readonly id: string
  /** For people to read. */
  readonly name: string
  /** Set when the proof was a token: what it was issued for, whatever its owner may do besides. */
  readonly tokenAccess?: readonly TokenAccess[]
  /** Set when the proof was an API key: no more than it was made for, whatever its owner may do besides. */
  readonly key?: KeyLimits
  /** Set when the proof was a refresh token, or a token made with one: its id. Both end with it. */
  readonly terminal?: string
}

export type PrincipalKind = 'anonymous' | 'user' | 'robot'

export interface KeyLimits {
  readonly id: string
  /** Undefined: everything its owner may do. */
  readonly scopes: readonly KeyScope[] | undefined
}

/** What an API key may do, in repositories whose names match. */
export interface KeyScope {
  readonly pattern: string
  readonly actions: readonly string[]
}

export const ANONYMOUS: Principal = { kind: 'anonymous', id: 'anonymous', name: 'anonymous' }
