import { createHash } from 'node:crypto'

export interface Answer {
  readonly asked: string
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
}

/** The server went away before it answered: nobody knows whether the request took effect. */
export class NoAnswer extends Error {}

/** One connection a request, so that a lost answer is never hidden by a repeat on a kept connection. */
export async function send(url: string, method: string, path: string, ask: Ask = {}): Promise<Answer> {
  const asked = `${method} ${path}`
  try {
    const response = await fetch(new URL(path, url), { method, redirect: 'manual', keepalive: false, ...ask })
    return { asked, status: response.status, headers: response.headers, bytes: await response.bytes() }
  } catch (cause) {
    throw new NoAnswer(`${asked}: ${String(cause)}`, { cause })
  }
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly digest: string
}

export function contentOf(bytes: Uint8Array<ArrayBuffer>): Content {
  return { bytes, digest: digestOf(bytes) }
}

/** In pieces of which each is sent when it is asked for, as a client reads a layer from its disk. */
export function streamOf(bytes: Uint8Array, pieceBytes: number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + pieceBytes))
      at += pieceBytes
    },
  })
}
