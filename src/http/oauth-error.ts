import { OAuthError } from '../auth/oauth-error.ts'
import type { Reply } from './reply.ts'

/** RFC 6749 §5.2: status 400 and one JSON object, which every OAuth client reads. */
export function oauthRefusal({ code, message }: OAuthError): Reply {
  const busy = code === 'temporarily_unavailable'
  return {
    status: busy ? 429 : 400,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(busy ? { 'retry-after': '60' } : {}),
    },
    body: JSON.stringify({ error: code, error_description: message }),
  }
}

/** The answer, also when it is a refusal in the words of OAuth. */
export async function orOAuthRefusal(answer: Promise<Reply>): Promise<Reply> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof OAuthError) return oauthRefusal(error)
    throw error
  }
}
