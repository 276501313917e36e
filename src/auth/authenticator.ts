import type { MaybePromise } from '../lib/maybe-promise.ts'
import { parseBasic } from './basic.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import { type SignIn, type SignInContext, wrongCredentials } from './sign-in.ts'
import type { TokenService } from './token-service.ts'

export interface Authenticator {
  /** Who sends this Authorization header. @throws OciError UNAUTHORIZED when it proves nothing */
  authenticate(header: string | null, context: () => SignInContext): MaybePromise<Principal>
}

interface AuthenticatorParts {
  readonly signIn: SignIn
  readonly tokens: TokenService
}

/** Basic and Bearer; scheme names in any case (RFC 9110 §11.1). */
export function createAuthenticator({ signIn, tokens }: AuthenticatorParts): Authenticator {
  return {
    authenticate: (header, context) => {
      if (header === null || header === '') return ANONYMOUS
      const space = header.indexOf(' ')
      const scheme = header.slice(0, space).toLowerCase()
      const value = header.slice(space + 1).trim()
      if (scheme === 'bearer') return tokens.verify(value)
      const credentials = scheme === 'basic' ? parseBasic(value) : undefined
      if (credentials === undefined) throw wrongCredentials()
      return signIn.signIn(credentials, context())
    },
  }
}
