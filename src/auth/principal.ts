import type { AccessEntry } from './scope.ts'

/** Who asks. Built by an authenticator from proof; nothing else makes one. */
export interface Principal {
  readonly kind: 'anonymous' | 'user'
  /** Never changes and is never used again for somebody else: the owner of uploads and the subject of tokens. */
  readonly id: string
  /** For people to read. */
  readonly name: string
  /** Set when the proof was a token: what it was issued for, whatever its owner may do besides. */
  readonly tokenAccess?: readonly AccessEntry[]
}

export const ANONYMOUS: Principal = { kind: 'anonymous', id: 'anonymous', name: 'anonymous' }
