import { StorageUnavailable } from '../unavailable.ts'

/** What the SDK's errors carry, as far as it is used here. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  /** Of a connection that failed. */
  readonly code?: string
  readonly cause?: unknown
}

/** A request to S3 that failed: what was asked, where, and what S3 said. */
export class S3Failure extends StorageUnavailable {
  /** S3's code, such as `SlowDown`. */
  readonly s3Code: string
  /** Undefined: there was no answer. */
  readonly httpStatus: number | undefined

  /** `operation`: with the name of the service. */
  constructor(operation: string, bucket: string, error: unknown) {
    const { name, message, httpStatus, requestId } = describe(error)
    const request = requestId === undefined ? '' : `, request ${requestId}`
    const answer = httpStatus === undefined ? 'no answer' : `${httpStatus}${request}`
    super(`${operation} in bucket "${bucket}" failed: ${name} (${answer}): ${message}`)
    this.s3Code = name
    this.httpStatus = httpStatus
  }
}

function describe(error: unknown) {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), httpStatus: undefined, requestId: undefined }
  const { message, $metadata, cause }: SdkError = error
  const reason = cause instanceof Error && error.name === 'AbortError' ? cause.message : message
  return { name: codeOf(error), message: reason, httpStatus: statusOf(error), requestId: $metadata?.requestId }
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof S3Failure) return error.httpStatus
  return error instanceof Error ? (error as SdkError).$metadata?.httpStatusCode : undefined
}

export function codeOf(error: unknown): string {
  if (error instanceof S3Failure) return error.s3Code
  if (!(error instanceof Error)) return ''
  // What the runtime throws of a connection has a code of its own; what is wrong in a program has none.
  return error instanceof TypeError ? ((error as SdkError).code ?? error.name) : error.name
}

/** Codes that come with a 4xx although another attempt may well succeed. */
const TRANSIENT_CODES = ['RequestTimeout', 'RequestTimeTooSkewed', 'OperationAborted', 'ConditionalRequestConflict']

/** Whether the same request may succeed a moment later: no answer, overload, or a failure on their side. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error)
  if (code.endsWith('ProviderError') || code === 'TypeError') return false
  const status = statusOf(error)
  return status === undefined || status >= 500 || status === 429 || TRANSIENT_CODES.includes(code)
}

/** The object is not there. A bucket that is not there is something else: then nothing is known of the object. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket'
}
