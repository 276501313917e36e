import { z } from 'zod'
import { Problem, type ProblemKind } from '../../lib/problem.ts'
import { OciError } from '../../oci/errors.ts'
import type { Reply } from '../reply.ts'

const STATUS: Readonly<Record<ProblemKind, number>> = { 'not-found': 404, conflict: 409, invalid: 400, forbidden: 403 }
const TITLES: Readonly<Record<number, string>> = {
  400: 'This cannot be understood',
  401: 'Sign in first',
  403: 'Refused',
  404: 'Not found',
  409: 'In conflict with what is there',
  413: 'Too large',
  429: 'Too often',
}

/** RFC 9457. */
export function problemReply(status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({ title: TITLES[status] ?? 'It failed', status, detail }),
  }
}

export function unauthenticated(): OciError {
  return new OciError('UNAUTHORIZED', {
    message: 'sign in with a user name and a password or API key; tokens of the registry are not for this address',
  })
}

/** At `Basic` a browser asks for a password itself, and our page would wait behind that. */
function challengeFor({ headers }: Request): string {
  return headers.has('x-berth-page') ? 'Session' : 'Basic realm="berth", charset="UTF-8"'
}

/** Undefined for what was not expected: that is a bug or an outage. */
export function problemOf(error: unknown, request: Request): Reply | undefined {
  if (error instanceof Problem) return problemReply(STATUS[error.kind], error.message)
  if (error instanceof z.ZodError) return problemReply(400, z.prettifyError(error))
  if (!(error instanceof OciError)) return undefined
  const challenge = error.status === 401 ? { 'www-authenticate': challengeFor(request) } : {}
  return problemReply(error.status, error.message, { ...error.headers, ...challenge })
}
