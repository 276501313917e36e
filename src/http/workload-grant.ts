import { OAuthError } from '../auth/oauth-error.ts'
import type { SignIn } from '../auth/sign-in.ts'
import type { Grant } from './token-routes.ts'

export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TOKEN_TYPES = ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token']

/**
 * RFC 8693: a CI job or pod gives the token that its platform signed, and gets one of the registry. `robot` names the
 * robot that it wants to be, where its claims fit several.
 */
export function workloadGrant(signIn: SignIn): Grant {
  return (form, call) => {
    const subject = form.get('subject_token') ?? ''
    const type = form.get('subject_token_type') ?? TOKEN_TYPES[0] ?? ''
    if (subject === '') throw new OAuthError('invalid_request', 'subject_token is missing')
    if (!TOKEN_TYPES.includes(type))
      throw new OAuthError('invalid_request', `subject_token_type must be ${TOKEN_TYPES[0]}`)
    return signIn.signIn({ username: form.get('robot') ?? 'workload', password: subject }, call.signInContext('token'))
  }
}
