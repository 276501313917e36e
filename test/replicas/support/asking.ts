import { type Answer, type Ask, type Content, contentOf, send } from '../../faults/support/client.ts'
import { OCI_MANIFEST } from '../../faults/support/workload.ts'

type Headers = Readonly<Record<string, string>>

export function basic(name: string, password: string): Headers {
  return { authorization: `Basic ${btoa(`${name}:${password}`)}` }
}

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` }
}

/** The same sign-in with every request. */
export function as(who: Headers) {
  return (url: string, method: string, path: string, ask: Ask = {}): Promise<Answer> =>
    send(url, method, path, { ...ask, headers: { ...ask.headers, ...who } })
}

/** The admin API with a body of JSON. Fails unless the answer is one of success. */
export async function manage(
  ask: ReturnType<typeof as>,
  [url, method, path, body]: readonly [url: string, method: string, path: string, body?: unknown],
): Promise<unknown> {
  const answer = await ask(url, method, `/api/v1${path}`, {
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
  })
  if (answer.status >= 300) throw new Error(`${answer.asked} → ${answer.status} ${textOf(answer)}`)
  return answer.bytes.length === 0 ? undefined : JSON.parse(textOf(answer))
}

export function textOf({ bytes }: Answer): string {
  return new TextDecoder().decode(bytes)
}

export function jsonOf(answer: Answer): unknown {
  return JSON.parse(textOf(answer))
}

/** An image whose config and only layer is this content; what is said besides makes it another one. */
export function imageAround(layer: Content, more: Readonly<Record<string, unknown>> = {}): Content {
  const descriptor = { mediaType: 'application/octet-stream', digest: layer.digest, size: layer.bytes.length }
  const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor, layers: [descriptor], ...more }
  return contentOf(new TextEncoder().encode(JSON.stringify(body)))
}

export function text(content: string): Content {
  return contentOf(new TextEncoder().encode(content))
}

/** The digest that a pull of this reference gives; or its status, when it gives none. */
export async function pulled(url: string, repository: string, reference: string): Promise<string | number> {
  const answer = await send(url, 'GET', `/v2/${repository}/manifests/${reference}`)
  return answer.status === 200 ? contentOf(new Uint8Array(answer.bytes)).digest : answer.status
}
