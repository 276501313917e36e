import { createHash } from 'node:crypto'
import type { Reply } from '../reply.ts'

/** Who asks again says what he has: nothing is kept where others could find it, and nothing is believed without asking. */
const KEPT_BY_ONE = 'private, no-cache'

/** 200 with the body, or 304 where the caller has it (RFC 9110 §13.1.2). */
export function taggedReply(body: string, ifNoneMatch: string | null): Reply {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
  // Of one address everybody is told something else, whoever is signed in.
  const headers = { etag, 'cache-control': KEPT_BY_ONE, vary: 'authorization, cookie' }
  if (ifNoneMatch !== null && matches(ifNoneMatch, etag)) return { status: 304, headers }
  return { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body }
}

function matches(header: string, etag: string): boolean {
  return header.split(',').some((each) => [etag, '*'].includes(each.trim().replace(/^W\//, '')))
}
