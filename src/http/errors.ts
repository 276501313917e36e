import { OciError } from '../oci/errors.ts'
import type { RemoteError } from '../registry/image-source.ts'
import { UploadRangeError } from '../registry/upload-blob.ts'
import type { Reply } from './reply.ts'
import { uploadHeaders } from './upload-location.ts'

/** The body of every error: distribution-spec "Error Codes". */
function errorBody(code: string, message: string, details: readonly unknown[] = [undefined]): string {
  return JSON.stringify({ errors: details.map((detail) => ({ code, message, detail })) })
}

export function refusal(error: OciError): Reply {
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json',
      ...error.headers,
      ...(error instanceof UploadRangeError ? uploadHeaders(error.upload, error.sizeBytes) : {}),
    },
    body: errorBody(error.code, error.message, error.details),
  }
}

interface Outage {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

const DISK_FULL: Outage = {
  status: 507,
  code: 'UNAVAILABLE',
  message: 'the registry has no disk space left; nothing was changed, try again when its operator has made room',
}
const BUSY: Outage = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'the registry is too busy to write; nothing was changed, try again',
  headers: { 'retry-after': '5' },
}
const OVERLOADED: Outage = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'the registry has too many files open; try again',
  headers: { 'retry-after': '5' },
}
const GONE: Outage = { status: 400, code: 'UNKNOWN', message: 'the client closed the connection' }
const BROKEN: Outage = {
  status: 500,
  code: 'UNKNOWN',
  message: 'the registry failed; its log has the reason under this request id',
}

const NO_SIGN_IN: Outage = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'signing in is not possible at the moment; try again in a while',
  headers: { 'retry-after': '10' },
}

const NO_DATABASE: Outage = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'the registry cannot reach its database; nothing was changed, or it is not known yet: try again',
  headers: { 'retry-after': '5' },
}

const NO_STORAGE: Outage = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'the registry cannot reach its storage; nothing was changed that anybody can see: try again',
  headers: { 'retry-after': '5' },
}

const MOVED: Outage = {
  status: 503,
  code: 'UNAVAILABLE',
  message:
    'this registry is moving to another place, or has moved, and takes no changes here; nothing was changed: ask its operator for the new address, or try again in a while',
  headers: { 'retry-after': '30' },
}

const NO_VERDICT: Outage = {
  status: 503,
  code: 'UNAVAILABLE',
  message:
    'what a policy of this project asks for cannot be looked at at the moment, and nothing is handed out unchecked: try again',
  headers: { 'retry-after': '5' },
}

const OUTAGES: Readonly<Record<string, Outage>> = {
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  SQLITE_FULL: DISK_FULL,
  SQLITE_BUSY: BUSY,
  // PostgreSQL: it took longer than a statement may, waiting for another writer for example.
  '57014': BUSY,
  SIGN_IN_UNAVAILABLE: NO_SIGN_IN,
  DATABASE_UNAVAILABLE: NO_DATABASE,
  STORAGE_UNAVAILABLE: NO_STORAGE,
  REGISTRY_MOVED: MOVED,
  POLICY_UNAVAILABLE: NO_VERDICT,
  EMFILE: OVERLOADED,
  ENFILE: OVERLOADED,
}

/** Another registry that was asked for this is of no use at the moment. Its message is for clients. */
export function remoteFailure({ kind, message, retryAfterMs }: RemoteError): Reply {
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000))
  return {
    status: kind === 'invalid' || kind === 'refused' ? 502 : kind === 'rate-limited' ? 429 : 503,
    headers: { 'content-type': 'application/json', 'retry-after': String(seconds) },
    body: errorBody(kind === 'rate-limited' ? 'TOOMANYREQUESTS' : 'UNAVAILABLE', message),
  }
}

/** Whether the client went away: then nobody reads the answer, and nothing is wrong here. */
export function isDisconnect(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** What the operating system, the database or somebody else's server has run out of, by its code; undefined: something else is wrong. */
export function outageCode(error: unknown): string | undefined {
  const code = codeOf(error)
  return Object.hasOwn(OUTAGES, code) ? code : undefined
}

/** What leads to a request in the log, and in traces where one was made of it. */
export interface Reference {
  readonly requestId: string
  readonly traceId: string | undefined
}

/** For what was not expected. The message never leaves the server; the request id leads to it. */
export function failure(error: unknown, reference: Reference): Reply {
  const outage = isDisconnect(error) ? GONE : (OUTAGES[codeOf(error)] ?? BROKEN)
  return {
    status: outage.status,
    headers: { 'content-type': 'application/json', ...outage.headers },
    body: errorBody(outage.code, outage.message, [reference]),
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export function routeNotFound(): Reply {
  return {
    status: 404,
    headers: { 'content-type': 'application/json' },
    body: errorBody('NAME_UNKNOWN', 'there is nothing at this address; the registry API is below /v2/'),
  }
}

export function methodNotAllowed(allowed: readonly string[]): Reply {
  return refusal(
    new OciError('UNSUPPORTED', {
      message: `this address answers ${allowed.join(', ')}`,
      headers: { allow: allowed.join(', ') },
    }),
  )
}

export function badHost(): Reply {
  return refusal(new OciError('UNSUPPORTED', { status: 400, message: 'the Host header is not a host name' }))
}

/** A page of another site that gave its own name our address (DNS rebinding) would otherwise reach an open registry. */
export function foreignHost(host: string): Reply {
  return refusal(
    new OciError('DENIED', {
      message: `this registry is open to everybody on this machine, so it answers to localhost only, not to "${host}"; add a user, or say --anonymous or --external-url`,
    }),
  )
}
