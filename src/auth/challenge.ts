import { type AccessEntry, formatScope } from './scope.ts'
import { TOKEN_SERVICE } from './token-service.ts'

export interface Challenge {
  /** The token endpoint, absolute. */
  readonly realm: string
  readonly scope?: AccessEntry
  readonly error?: 'invalid_token' | 'insufficient_scope'
}

/**
 * The value of WWW-Authenticate. Exactly one challenge, every value quoted: docker tries all challenges it is sent and
 * fails at the last, and others read only the first.
 */
export function formatChallenge({ realm, scope, error }: Challenge): string {
  const parts = [`realm="${realm}"`, `service="${TOKEN_SERVICE}"`]
  if (scope !== undefined) parts.push(`scope="${formatScope(scope)}"`)
  if (error !== undefined) parts.push(`error="${error}"`)
  return `Bearer ${parts.join(',')}`
}
