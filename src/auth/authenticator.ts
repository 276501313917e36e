import { parseBasic, signIn, wrongCredentials } from './basic.ts'
import type { IdentityProvider } from './identity-provider.ts'
import type { PasswordCheck } from './password-check.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import type { TokenService } from './token-service.ts'

export interface Authenticator {
  /** Who sends this Authorization header. @throws OciError UNAUTHORIZED when it proves nothing */
  authenticate(header: string | null): Promise<Principal>
}

interface AuthenticatorParts {
  readonly providers: readonly IdentityProvider[]
  readonly passwords: PasswordCheck
  readonly tokens: TokenService
}

/** Basic and Bearer; scheme names in any case (RFC 9110 §11.1). */
export function createAuthenticator({ providers, passwords, tokens }: AuthenticatorParts): Authenticator {
  return {
    authenticate: async (header) => {
      if (header === null || header === '') return ANONYMOUS
      const space = header.indexOf(' ')
      const scheme = header.slice(0, space).toLowerCase()
      const value = header.slice(space + 1).trim()
      if (scheme === 'bearer') return tokens.verify(value)
      const credentials = scheme === 'basic' ? parseBasic(value) : undefined
      if (credentials === undefined) throw wrongCredentials()
      return signIn(credentials, providers, passwords)
    },
  }
}
