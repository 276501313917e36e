/**
 * The error codes of the OCI distribution specification (section "Error Codes") and the HTTP status each is answered
 * with. Status codes live here and in `http/`, nowhere else.
 */
export const OCI_ERRORS = {
  BLOB_UNKNOWN: { status: 404, message: 'this repository has no blob with that digest' },
  BLOB_UPLOAD_INVALID: { status: 400, message: 'the upload cannot go on' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'no such upload: it was finished, cancelled, or has expired' },
  DIGEST_INVALID: { status: 400, message: 'the digest is malformed, unsupported, or does not match the content' },
  MANIFEST_BLOB_UNKNOWN: { status: 400, message: 'the manifest refers to content that this repository does not have' },
  MANIFEST_INVALID: { status: 400, message: 'the manifest is not valid' },
  MANIFEST_UNKNOWN: { status: 404, message: 'this repository has no such manifest' },
  NAME_INVALID: { status: 400, message: 'the repository name is not valid' },
  NAME_UNKNOWN: { status: 404, message: 'there is no such repository' },
  SIZE_INVALID: { status: 400, message: 'the length sent differs from the length declared' },
  UNAUTHORIZED: { status: 401, message: 'authentication is required' },
  DENIED: { status: 403, message: 'access to this resource is refused' },
  UNSUPPORTED: { status: 405, message: 'this operation is not supported' },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests' },
} as const satisfies Record<string, { status: number; message: string }>

export type OciErrorCode = keyof typeof OCI_ERRORS

interface OciErrorOptions {
  /** For people: what happened, which rule, what to do. */
  readonly message?: string
  /** For programs. */
  readonly detail?: unknown
  /** Where one request has several faults of the same kind: one entry of the answer each. */
  readonly details?: readonly unknown[]
  /** Where one code has several statuses: 413 for an oversized manifest, 416 for a chunk out of order. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** An expected refusal. Anything else that is thrown is a bug or an outage and is answered 500 or 503. */
export class OciError extends Error {
  readonly code: OciErrorCode
  readonly status: number
  readonly details: readonly unknown[]
  readonly headers: Readonly<Record<string, string>>

  constructor(code: OciErrorCode, options: OciErrorOptions = {}) {
    super(options.message ?? OCI_ERRORS[code].message)
    this.name = 'OciError'
    this.code = code
    this.status = options.status ?? OCI_ERRORS[code].status
    this.details = options.details ?? [options.detail]
    this.headers = options.headers ?? {}
  }
}
