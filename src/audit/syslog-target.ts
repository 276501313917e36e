import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIP, connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface SyslogTarget {
  readonly protocol: 'udp' | 'tcp' | 'tls'
  readonly host: string
  readonly port: number
  /** Authorities instead of the system's, PEM. */
  readonly ca?: string | undefined
}

/** The ports that IANA gave each: RFC 5426, RFC 6587's syslog-conn, RFC 5425. */
const PORTS = { udp: 514, tcp: 601, tls: 6514 } as const

/** @throws Error with a sentence for people */
export function parseSyslogUrl(text: string): SyslogTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const protocol = url?.protocol.slice(0, -1)
  if (url === undefined || !isProtocol(protocol) || url.hostname === '')
    throw new Error(`"${text}" is not udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { protocol, host, port: url.port === '' ? PORTS[protocol] : Number(url.port) }
}

function isProtocol(text: string | undefined): text is SyslogTarget['protocol'] {
  return text !== undefined && text in PORTS
}

/** Returns when the receiver has the messages, as far as its protocol can tell. @throws Error when it may not have all */
export async function send(target: SyslogTarget, messages: readonly string[], timeLimitMs: number): Promise<void> {
  if (target.protocol === 'udp') return sendDatagrams(target, messages, timeLimitMs)
  return sendStream(target, messages, timeLimitMs)
}

/**
 * A connection for these messages alone, with each one's length before it (RFC 6587 §3.4.1, RFC 5425 §4.3). No
 * receiver acknowledges messages, and what was written to a connection may be lost with it. But a receiver that ends
 * the connection after we ended our half of it has read all there was before: its end is the receipt.
 */
function sendStream(target: SyslogTarget, messages: readonly string[], timeLimitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(target)
    const timer = setTimeout(() => fail(new Error(`no receipt within ${timeLimitMs} ms`)), timeLimitMs)
    let written = false

    function fail(error: Error) {
      clearTimeout(timer)
      reject(error)
      socket.destroy()
    }
    // Stays: an error that nobody listens to would end the process.
    socket.on('error', fail)
    socket.once(target.protocol === 'tls' ? 'secureConnect' : 'connect', () => socket.end(frames(messages)))
    socket.once('finish', () => {
      written = true
    })
    socket.once('end', () => {
      if (!written) return fail(new Error('the receiver ended the connection before it had everything'))
      clearTimeout(timer)
      resolve()
      socket.destroy()
    })
    socket.once('close', () => fail(new Error('the connection was closed')))
    // What a receiver says is of no interest, but its end is behind it.
    socket.resume()
  })
}

function connect({ protocol, host, port, ca }: SyslogTarget): Socket {
  if (protocol === 'tcp') return connectPlain({ host, port, allowHalfOpen: true })
  return connectTls({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  })
}

function frames(messages: readonly string[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const bytes = Buffer.from(message)
      return [Buffer.from(`${bytes.length} `), bytes]
    }),
  )
}

/** RFC 5426: one message a datagram, and nobody learns whether it arrives. */
async function sendDatagrams(target: SyslogTarget, messages: readonly string[], timeLimitMs: number): Promise<void> {
  const { address, family } = await lookup(target.host)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  let timer: ReturnType<typeof setTimeout> | undefined
  const failed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`could not send within ${timeLimitMs} ms`)), timeLimitMs)
    socket.on('error', reject)
  })
  try {
    await Promise.race([sendAll(), failed])
  } finally {
    clearTimeout(timer)
    socket.close()
  }

  async function sendAll() {
    for (const message of messages) {
      await new Promise<void>((resolve, reject) =>
        socket.send(message, target.port, address, (error) =>
          error === null || error === undefined ? resolve() : reject(error),
        ),
      )
      // A receiver reads one after the other, and what comes faster is lost.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
