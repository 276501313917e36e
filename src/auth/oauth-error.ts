/** What RFC 6749 §5.2 and RFC 8628 §3.5 have for clients of the token endpoint to read. */
export type OAuthErrorCode =
  | 'access_denied'
  | 'authorization_pending'
  | 'expired_token'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_request'
  | 'slow_down'
  | 'temporarily_unavailable'

/** An expected refusal in the words of OAuth: a client reads the code, a person the message. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode

  constructor(code: OAuthErrorCode, message: string) {
    super(message)
    this.name = 'OAuthError'
    this.code = code
  }
}
