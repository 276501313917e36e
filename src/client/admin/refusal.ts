export type RefusalKind = 'unauthenticated' | 'forbidden' | 'not-found' | 'refused'

const KINDS: Readonly<Record<number, RefusalKind>> = { 401: 'unauthenticated', 403: 'forbidden', 404: 'not-found' }

/** What the API did not do, and why, in its own words. */
export class ApiRefusal extends Error {
  readonly kind: RefusalKind
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.name = 'ApiRefusal'
    this.status = status
    this.kind = KINDS[status] ?? 'refused'
  }
}

/** As RFC 9457 has it. */
export function isProblem(body: unknown): body is { readonly detail: string } {
  return typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string'
}

/** The `detail`, or what there is instead: something else than the API may have answered. */
export function refusalOf(status: number, problem: unknown): ApiRefusal {
  if (isProblem(problem) && problem.detail !== '') return new ApiRefusal(status, problem.detail)
  return new ApiRefusal(status, `the server answered with status ${status}`)
}
