import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Client } from 'ldapts'
import type { LdapSettings } from './ldap-settings.ts'

export type Ldapts = typeof import('ldapts')

const CONNECT_TIMEOUT_MS = 5000
const TOTAL_TIMEOUT_MS = 10_000
const START_TLS = '1.3.6.1.4.1.1466.20037'

/** Client wants an address, although it is handed a connection. */
const HANDED_OVER = 'ldap://handed-over'

/** Lends a connection to the work, which takes ten seconds at most, and ends it whatever happens. */
export async function withConnection<T>(
  ldapts: Ldapts,
  settings: LdapSettings,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  let opened: { socket: Socket; client: Client } | undefined
  try {
    return await before(TOTAL_TIMEOUT_MS, 'no answer within 10 seconds', async () => {
      const socket = await openSocket(ldapts, settings)
      opened = { socket, client: clientOn(ldapts, socket) }
      return work(opened.client)
    })
  } finally {
    if (opened !== undefined) end(opened.client, opened.socket)
  }
}

function end(client: Client, socket: Socket): void {
  if (!client.isConnected) socket.destroy()
  // Not waited for: a server that hangs would keep the answer back.
  void client.unbind().catch(() => undefined)
}

/**
 * A client for this one connection. On its own it would connect again when the connection ends, without being bound
 * and, after StartTLS, without encryption: the next password would be readable by anyone on the way.
 */
function clientOn({ Client }: Ldapts, socket: Socket): Client {
  let isHandedOver = false
  return new Client({
    url: HANDED_OVER,
    timeout: TOTAL_TIMEOUT_MS,
    createConnection: () => {
      if (isHandedOver || socket.destroyed) throw new Error('the connection ended')
      isHandedOver = true
      return socket
    },
  })
}

async function openSocket(ldapts: Ldapts, settings: LdapSettings): Promise<Socket> {
  const { host, port, encryption, tls } = settings
  const opened: Socket[] = []
  const keep = (socket: Socket) => {
    opened.push(socket)
    return socket
  }
  try {
    return await before(CONNECT_TIMEOUT_MS, 'no connection within 5 seconds', async () => {
      if (encryption === 'from-the-beginning') return ready(keep(connectTls({ ...tls, host, port })), 'secureConnect')
      const plain = await ready(keep(connectPlain({ host, port })), 'connect')
      if (encryption === 'none') return plain
      await requestTls(ldapts, plain)
      return ready(keep(connectTls({ ...tls, socket: plain })), 'secureConnect')
    })
  } catch (error) {
    for (const socket of opened) socket.destroy()
    throw error
  }
}

/**
 * Asks for TLS with a client that is forgotten afterwards: what somebody on the way put behind the server's answer,
 * while it was readable, stays with it and is never taken for an answer of the encrypted connection.
 */
async function requestTls(ldapts: Ldapts, plain: Socket): Promise<void> {
  await clientOn(ldapts, plain).exop(START_TLS)
  plain.removeAllListeners()
  // Its end is seen by the encrypted connection on top of it; an error that nobody listens to would end the process.
  plain.on('error', () => undefined)
}

function ready<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve(socket))
    // Stays: an error that nobody listens to would end the process.
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the server closed the connection')))
  })
}

async function before<T>(ms: number, sentence: string, work: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(sentence)), ms)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
