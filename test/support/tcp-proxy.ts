import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * How a network goes away. `black-hole`: nothing arrives any more, nobody is told, and what was under way arrives when it
 * is back. `reset`: connections break and new ones are refused.
 */
export type Cut = 'black-hole' | 'reset'

/** What becomes of the message that matches, and of its connection, which breaks in any case. */
export type Loss =
  /** It arrives and is done; the reply is lost. */
  | 'reply'
  /** It never arrives. */
  | 'message'

export interface LossRule {
  /** In one piece of what a client sends. */
  readonly match: string
  readonly loss: Loss
  /** Of the messages that match the first, second, …; every one when it is not said. */
  readonly nth?: readonly number[]
}

export interface TcpProxy {
  readonly port: number
  /** Of all bytes in either direction, from now on. */
  latencyMs: number
  /** Messages that a rule was applied to. */
  readonly lost: number
  lose(rule: LossRule): void
  /** Forgets the rules. */
  clear(): void
  cut(how: Cut): void
  mend(): void
  close(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** A proxy for any protocol over TCP that leaves everything as it is, but for the faults it is told. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let rules: (LossRule & { seen: number })[] = []
  let isCut: Cut | undefined
  let lost = 0
  const state = { latencyMs: 0 }

  function lossOf(bytes: Buffer): Loss | undefined {
    for (const rule of rules) {
      if (!bytes.includes(rule.match)) continue
      rule.seen++
      if (rule.nth === undefined || rule.nth.includes(rule.seen)) return rule.loss
    }
    return undefined
  }

  function end(pair: Pair): void {
    pairs.delete(pair)
    pair.client.destroy()
    pair.server.destroy()
  }

  /** Bytes stay in order: all of them wait for the same time, and while the cable is pulled they wait in the sockets. */
  function pass(from: Socket, to: Socket, bytes: Buffer): void {
    const write = () => {
      if (to.destroyed || to.write(bytes)) return
      from.pause()
      to.once('drain', () => {
        if (isCut === undefined) from.resume()
      })
    }
    if (state.latencyMs === 0) write()
    else setTimeout(write, state.latencyMs)
  }

  function join(pair: Pair): void {
    const { client, server } = pair
    let dropsReply = false
    client.on('data', (bytes: Buffer) => {
      const loss = lossOf(bytes)
      if (loss !== undefined) lost++
      if (loss === 'message') return end(pair)
      dropsReply ||= loss === 'reply'
      pass(client, server, bytes)
    })
    server.on('data', (bytes: Buffer) => (dropsReply ? end(pair) : pass(server, client, bytes)))
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined)
      one.on('end', () => other.end())
      one.on('close', () => end(pair))
    }
  }

  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    if (isCut === 'reset') return void client.destroy()
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true })
    client.setNoDelay(true)
    const pair = { client, server }
    pairs.add(pair)
    join(pair)
    if (isCut === 'black-hole') {
      client.pause()
      server.pause()
    } else client.resume()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  return {
    port,
    get latencyMs() {
      return state.latencyMs
    },
    set latencyMs(ms) {
      state.latencyMs = ms
    },
    get lost() {
      return lost
    },
    lose: (rule) => void rules.push({ ...rule, seen: 0 }),
    clear: () => {
      rules = []
    },
    cut: (how) => {
      isCut = how
      for (const pair of [...pairs]) {
        if (how === 'reset') end(pair)
        else {
          pair.client.pause()
          pair.server.pause()
        }
      }
    },
    mend: () => {
      isCut = undefined
      for (const { client, server } of pairs) {
        client.resume()
        server.resume()
      }
    },
    close: async () => {
      for (const pair of [...pairs]) end(pair)
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
