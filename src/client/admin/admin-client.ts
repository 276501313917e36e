import createClient, { type Client } from 'openapi-fetch'
import type { paths } from './api-types.ts'

export type AdminClient = Client<paths>

export interface AdminClientOptions {
  /** Where the registry is: `https://registry.example.com`; in a page of it: empty. */
  readonly origin: string
  /** What each request is sent with: `authorization`, or `x-csrf-token` from a page. */
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: (request: Request) => Promise<Response>
}

/** The admin API, typed by its own description. Refusals are answered, as `error`, and not thrown. */
export function createAdminClient({ origin, headers = {}, fetch }: AdminClientOptions): AdminClient {
  return createClient<paths>({ baseUrl: `${origin}/api/v1`, headers, ...(fetch && { fetch }) })
}
