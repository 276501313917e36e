import { createAdminClient } from '../../src/client/admin/admin-client.ts'
import type { components, paths } from '../../src/client/admin/api-types.ts'

/** Asked with a mark that no form of another site can send; a refusal then does not open the browser's own question for a password. */
export const api = createAdminClient({ origin: '', headers: { 'x-berth-page': '1' } })

export type { components, paths }

/** The server's own sentence about what went wrong. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What changes something has to say what only this registry's own pages know. */
export function rememberCsrf(token: string | undefined): void {
  csrf = token
}
let csrf: string | undefined

api.use({
  onRequest: ({ request }) => {
    if (csrf !== undefined && request.method !== 'GET') request.headers.set('x-csrf-token', csrf)
    return request
  },
})

interface Answer<Data> {
  readonly data?: Data
  readonly error?: unknown
  readonly response: Response
}

/** The body of an answer, `undefined` where there is none. @throws ApiError */
export async function bodyOf<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await asked
  if (!response.ok) throw new ApiError(response.status, sentenceOf(error, response.status))
  return data as Data
}

function sentenceOf(problem: unknown, status: number): string {
  const detail = typeof problem === 'object' && problem !== null && 'detail' in problem ? problem.detail : undefined
  return typeof detail === 'string' ? detail : `The registry answered ${status}.`
}
