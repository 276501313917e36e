import type { TraceSpan } from '../observability/tracing.ts'
import { methodWord } from '../observability/request-tally.ts'

export interface AnsweredRequest {
  readonly request: Request
  readonly id: string
  readonly status: number
  readonly route?: string
  readonly repository?: string
}

/** By OpenTelemetry's conventions for HTTP servers; nothing that a client made up but the repository's parsed name. */
export function endRequestSpan(span: TraceSpan, { request, id, status, route, repository }: AnsweredRequest): void {
  const method = methodWord(request.method)
  span.rename(route === undefined ? method : `${method} ${route}`)
  span.set({
    'http.request.method': method,
    'http.response.status_code': status,
    'berth.request': id,
    ...(route === undefined ? {} : { 'http.route': route }),
    ...(repository === undefined ? {} : { 'berth.repository': repository }),
  })
  span.end(status < 500 ? undefined : String(status))
}
