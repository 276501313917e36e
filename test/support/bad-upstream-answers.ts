import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** What a request is about. */
export type Part = 'ping' | 'manifest' | 'blob' | 'tags' | 'catalog' | 'referrers' | 'upload' | 'token' | 'other'

/** A request as it arrived. */
export interface Seen {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly part: Part
  /** Counted from 1. */
  readonly connection: number
  /** The Host header. */
  readonly host: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** How it is bad from now on; of several that match the one added last counts. */
export interface Misbehaviour {
  /** Which requests. All of them but those for tokens, when it is not said. */
  readonly on?: Part | readonly Part[]
  readonly method?: string
  /** So many requests, and is well again. */
  readonly times?: number
  /** This status and these headers in place of an answer; with `bytes`, or without a body, as something that is no registry says it. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** In place of the right bytes: as many others, a sign-in page with status 200, any text. */
  readonly bytes?: 'html' | 'wrong' | { readonly text: string; readonly type: string }
  /** Says that it is another digest. */
  readonly digestHeader?: string
  /** The connection breaks after so many bytes of the body; of an upload: after so many were received. */
  readonly breakAfter?: number
  /** Nothing comes any more: before the headers, or after so many bytes of the body. */
  readonly stall?: 'headers' | { readonly afterBytes: number }
  /** The body comes byte by byte, with so many milliseconds in between. */
  readonly trickleMs?: number
  /** The body never ends, and has no length. */
  readonly endless?: boolean
  /** Packs bodies, and says so. */
  readonly gzip?: boolean
  readonly redirect?: string
  /** Always one more page. */
  readonly endlessPages?: boolean
  /** `Link: <…>; rel="next"`. */
  readonly link?: string
  /** The `Location` of uploads. */
  readonly location?: string
  /** The `realm` of challenges. */
  readonly realm?: string
  /** As if it had never heard of parts of blobs. */
  readonly ignoreRange?: boolean
  /** Until this resolves there is no answer. */
  readonly wait?: Promise<unknown>
}

/** One request on its way through. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly part: Part
  readonly how: Misbehaviour
}

export async function end(
  { request, response }: Exchange,
  status: number,
  headers: Record<string, string>,
): Promise<void> {
  // An answer to a body that nobody read would break the connection.
  if (status < 500) request.resume()
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': '0' }) })
  response.end()
}

/** As registries say that something is not there. */
export function missing(exchange: Exchange, code: string): void {
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message: 'unknown' }] }))
  exchange.request.resume()
  exchange.response.writeHead(404, {
    'content-type': 'application/json',
    'docker-distribution-api-version': 'registry/2.0',
    'content-length': String(body.length),
  })
  exchange.response.end(exchange.request.method === 'HEAD' ? undefined : body)
}

export function json(exchange: Exchange, body: object, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  return send(exchange, Buffer.from(JSON.stringify(body)), { 'content-type': 'application/json', ...headers })
}

const PAGE = '<!doctype html><title>Sign in</title><form><input type=password></form>'

export async function send(
  exchange: Exchange,
  right: Buffer,
  headers: Record<string, string>,
  status = 200,
): Promise<void> {
  const { request, response, how } = exchange
  const { body, type } = bodyFor(how, right)
  const packed = how.gzip === true ? gzipSync(body) : body
  response.writeHead(status, {
    ...headers,
    ...(type !== undefined && { 'content-type': type }),
    ...(how.gzip === true && { 'content-encoding': 'gzip' }),
    ...(how.endless !== true && { 'content-length': String(packed.length) }),
    ...how.headers,
  })
  if (request.method === 'HEAD') return void response.end()
  if (how.endless === true) return sendForEver(response)
  if (how.trickleMs !== undefined) return trickle(response, packed, how.trickleMs)
  const stopAt = how.breakAfter ?? (typeof how.stall === 'object' ? how.stall.afterBytes : undefined)
  if (stopAt === undefined) return void response.end(packed)
  // A callback and not the end: whoever stalls holds the connection open.
  await new Promise<void>((resolve) => response.write(packed.subarray(0, stopAt), () => resolve()))
  if (how.breakAfter !== undefined) response.destroy()
}

function bodyFor({ bytes }: Misbehaviour, right: Buffer): { body: Buffer; type?: string } {
  if (bytes === undefined) return { body: right }
  if (bytes === 'html') return { body: Buffer.from(PAGE), type: 'text/html; charset=utf-8' }
  if (bytes === 'wrong') return { body: Buffer.from(right.map((byte, index) => (index === 0 ? byte ^ 1 : byte))) }
  return { body: Buffer.from(bytes.text), type: bytes.type }
}

async function sendForEver(response: ServerResponse): Promise<void> {
  const chunk = Buffer.alloc(65_536, ' ')
  const closed = new Promise<void>((resolve) => response.once('close', resolve))
  while (!response.destroyed)
    if (!response.write(chunk))
      await Promise.race([closed, new Promise<void>((resolve) => response.once('drain', resolve))])
}

async function trickle(response: ServerResponse, body: Buffer, ms: number): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at++) {
    response.write(body.subarray(at, at + 1))
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  response.end()
}

/** Adds to what an upload has. False: the connection was broken, as it was told. */
export async function receive({ request, response, how }: Exchange, chunks: Buffer[]): Promise<boolean> {
  let received = 0
  for await (const chunk of request) {
    chunks.push(chunk)
    received += chunk.length
    if (how.breakAfter !== undefined && received >= how.breakAfter) {
      response.destroy()
      return false
    }
  }
  return true
}
