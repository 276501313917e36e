import { currentSpan, inSpan } from '../observability/tracing.ts'

/** A span for something that is asked of somebody else: of whom, and not what. It ends with the head of the answer. */
export function asking<A extends { readonly status: number }>(
  method: string,
  url: URL,
  ask: () => Promise<A>,
): Promise<A> {
  const attributes = { 'http.request.method': method, 'server.address': url.hostname }
  return inSpan({ name: method, kind: 'client', attributes }, async (span) => {
    const answer = await ask()
    span?.set({ 'http.response.status_code': answer.status })
    return answer
  })
}

/** Others are told of a trace where an operator named them, and by no redirect. */
export function tracedTo(url: URL): Readonly<Record<string, string>> {
  const traceparent = currentSpan()?.traceparentFor(url.hostname)
  return traceparent === undefined ? {} : { traceparent }
}
