import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request that a fault matches. */
export type Effect =
  /** It is answered here and never arrives. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: string }
  /** It arrives and is done, but this is what the client hears. */
  | { readonly kind: 'replace'; readonly status: number; readonly body?: string }
  /** The connection breaks before it arrives. */
  | { readonly kind: 'reset' }
  /** It arrives and is done, and the connection breaks before the reply. */
  | { readonly kind: 'lose-reply' }
  /** The reply's body breaks off after so many bytes. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** The reply's body stops after so many bytes, and the connection stays open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  | { readonly kind: 'delay'; readonly ms: number }

export interface Fault {
  readonly method?: string
  /** Against path and query, as sent. */
  readonly path?: RegExp
  /** Of the requests that match only the first, second, …; every one when it is not said. */
  readonly nth?: readonly number[]
  readonly effect: Effect
}

export interface FaultProxy {
  /** `http://127.0.0.1:PORT`, in front of the target. */
  readonly url: string
  /** Every request so far, `PUT /bucket/key?partNumber=1`. */
  readonly requests: readonly string[]
  add(fault: Fault): void
  /** Forgets faults and requests. */
  clear(): void
  /** From now on every connection is refused or broken, as with a pulled cable. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

interface Armed extends Fault {
  seen: number
}

/** A proxy for HTTP without TLS that leaves everything as it is, signatures included, but for the faults it is told. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const requests: string[] = []
  let faults: Armed[] = []
  let isCut = false
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    if (isCut) incoming.socket.destroy()
    else void handle({ target: new URL(target), incoming, outgoing }, effectOf(faults, incoming))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    add: (fault) => void faults.push({ ...fault, seen: 0 }),
    clear: () => {
      faults = []
      requests.length = 0
    },
    cut: () => {
      isCut = true
      server.closeAllConnections()
    },
    mend: () => {
      isCut = false
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function effectOf(faults: readonly Armed[], { method, url = '' }: IncomingMessage): Effect | undefined {
  let effect: Effect | undefined
  for (const fault of faults) {
    if ((fault.method ?? method) !== method || !(fault.path ?? /^/).test(url)) continue
    fault.seen++
    if (fault.nth === undefined || fault.nth.includes(fault.seen)) effect ??= fault.effect
  }
  return effect
}

interface Exchange {
  readonly target: URL
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

async function handle(exchange: Exchange, effect: Effect | undefined): Promise<void> {
  const { incoming, outgoing } = exchange
  if (effect?.kind === 'reset') return void incoming.socket.destroy()
  if (effect?.kind === 'answer') {
    incoming.resume()
    await new Promise((resolve) => incoming.on('end', resolve))
    return answer(outgoing, effect)
  }
  if (effect?.kind === 'delay') await Bun.sleep(effect.ms)
  try {
    await relay(exchange, await forward(exchange), effect)
  } catch {
    incoming.socket.destroy()
  }
}

function answer(outgoing: ServerResponse, { status, body = '' }: { status: number; body?: string }): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) })
  outgoing.end(body)
}

function forward({ target, incoming }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = incoming
    const outgoing = request({ host: target.hostname, port: target.port, method, path: url, headers }, resolve)
    outgoing.on('error', reject)
    incoming.on('error', reject)
    incoming.pipe(outgoing)
  })
}

async function relay({ incoming, outgoing }: Exchange, reply: IncomingMessage, effect: Effect | undefined) {
  if (effect?.kind === 'lose-reply' || effect?.kind === 'replace') {
    for await (const _ of reply);
    if (effect.kind === 'replace') answer(outgoing, effect)
    else incoming.socket.destroy()
    return
  }
  outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
  const breaks = effect?.kind === 'truncate' || effect?.kind === 'stall' ? effect : undefined
  const isWhole = await copyBody(reply, outgoing, breaks?.afterBytes ?? Number.POSITIVE_INFINITY)
  if (isWhole) outgoing.end()
  else if (breaks?.kind === 'truncate') {
    // What was written must have left before the connection goes.
    await new Promise<void>((resolve) => outgoing.write('', () => resolve()))
    incoming.socket.destroy()
  }
}

/** Returns whether the body ended before that many bytes. */
async function copyBody(reply: AsyncIterable<Buffer>, outgoing: ServerResponse, most: number): Promise<boolean> {
  let wake = () => {}
  outgoing.on('drain', () => wake())
  outgoing.on('close', () => wake())
  let sent = 0
  for await (const chunk of reply) {
    const piece = chunk.subarray(0, most - sent)
    sent += piece.byteLength
    if (piece.byteLength > 0 && !outgoing.write(piece) && !outgoing.destroyed)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    if (sent >= most || outgoing.destroyed) return false
  }
  return true
}
