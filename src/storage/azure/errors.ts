import { isRestError } from '@azure/storage-blob'
import { StorageUnavailable } from '../unavailable.ts'

/** What Azure, or the way to it, refused. Carries nothing of the request: that may hold a signature. */
export class AzureError extends StorageUnavailable {
  readonly status: number | undefined
  /** Azure's own, such as `BlobNotFound`. */
  readonly reason: string | undefined

  constructor(message: string, status: number | undefined, reason: string | undefined) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/** An error of the SDK in words for people: where, what was being done, what Azure said, the id its support asks for. */
export function asAzureError(error: unknown, container: string, operation: string): AzureError {
  if (error instanceof AzureError) return error
  const where = `Azure container "${container}": ${operation} failed`
  if (!isRestError(error)) return new AzureError(`${where}: ${nameOf(error)}`, undefined, undefined)
  const { statusCode: status, response } = error
  const code = response?.headers.get('x-ms-error-code') ?? error.code
  if (status === undefined) return new AzureError(`${where}: no answer (${code ?? error.name})`, status, code)
  const requestId = response?.headers.get('x-ms-request-id') ?? 'unknown'
  return new AzureError(`${where}: ${status} ${code ?? ''} (request ${requestId})${adviceFor(code)}`, status, code)
}

/** Credentials that cannot be had are told with their reason; it has no secret in it. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  return /^(?:CredentialUnavailable|AggregateAuthentication|Authentication)/.test(error.name)
    ? `${error.name}: ${error.message}`
    : `${error.name} ${'code' in error ? String(error.code) : ''}`.trim()
}

function adviceFor(code: string | undefined): string {
  if (code === 'ContainerNotFound') return '; create the container'
  if (code === 'AuthorizationPermissionMismatch') return '; give this identity the role "Storage Blob Data Contributor"'
  if (code === 'AuthenticationFailed') return '; is it the key of this account, and is the clock right?'
  return ''
}

/** The blob is not there. That the container is not is an error. */
export function isAbsent(error: unknown): boolean {
  return error instanceof AzureError && error.status === 404 && error.reason !== 'ContainerNotFound'
}

/** A condition of a request did not hold: somebody was quicker. */
export function isConflict(error: unknown): boolean {
  return error instanceof AzureError && (error.status === 412 || error.reason === 'BlobAlreadyExists')
}

const TRANSIENT_STATUS = [408, 429, 500, 502, 503, 504]

/** Whether the same request may succeed a moment later: no answer, overload, or a failure on their side. */
export function isTransient(error: unknown): boolean {
  if (isRestError(error)) return error.statusCode === undefined || TRANSIENT_STATUS.includes(error.statusCode)
  return error instanceof Error && error.name === 'AbortError'
}
