import type { Content } from '../storage/blob-store.ts'

/** What a handler answers. The pipeline makes a Response of it; nothing else touches the socket. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
}

/** Of the body, as far as it is known before it is sent. */
export function sizeOf({ body, headers }: Reply): number {
  if (body === undefined || body === null) return 0
  // Texts are errors and lists, hardly ever with more bytes than letters.
  if (typeof body === 'string') return body.length
  if (body instanceof Uint8Array) return body.byteLength
  if (body instanceof Blob) return body.size
  return Number(headers?.['content-length'] ?? 0)
}

/** A file is sent by the runtime itself; of anything else the bytes pass through here. */
export function bodyOf(content: Pick<Content, 'stream'> | Uint8Array<ArrayBuffer>): NonNullable<Reply['body']> {
  return content instanceof Blob || content instanceof Uint8Array ? content : content.stream()
}

/** What a client shows its user (distribution-spec, "Warnings"): `299 - "text"`. */
export function warningHeader(...texts: readonly (string | undefined)[]): Readonly<Record<string, string>> {
  const said = texts.filter((text) => text !== undefined)
  if (said.length === 0) return {}
  return { warning: said.map((text) => `299 - "${text.replaceAll(/[^ !#-[\]-~]/g, '?')}"`).join(', ') }
}

export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** Bytes as they come; no proxy gathers them first. */
export function openStream(body: ReadableStream<Uint8Array> | undefined, mediaType: string): Reply {
  return { status: 200, headers: { 'content-type': mediaType, 'x-accel-buffering': 'no' }, body: body ?? null }
}
