import { FetchHttpHandler } from '@smithy/fetch-http-handler'
import { NodeHttpHandler } from '@smithy/node-http-handler'

export type Fetch = (request: string | URL | Request) => Promise<Response>

/** The runtime lets 256 fetches be under way at once; the others wait until somebody has read a body to its end. */
const MOST_FETCHED_BODIES = 128

/** In this whole process, as that limit is. */
let bodies = 0

/** Bodies of objects that were asked for and are not read to their end yet. */
export function openBodies(): number {
  return bodies
}

/** Counts one more, until what it returns is called. */
export function countBody(): () => void {
  bodies++
  let isOpen = true
  return () => {
    if (isOpen) bodies--
    isOpen = false
  }
}

type Handle = FetchHttpHandler['handle']

const AGENT = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY }

/**
 * How requests go out. The runtime's fetch takes half of the CPU that its node:http takes, but slow readers of many
 * bodies would keep everybody else from the store: those beyond a number come by node:http, which has no such limit.
 */
export class Transport {
  readonly #fetch: FetchHttpHandler
  readonly #node = new NodeHttpHandler({ httpAgent: AGENT, httpsAgent: AGENT })

  constructor(send: Fetch) {
    const customFetch = Object.assign(send, { preconnect: fetch.preconnect })
    this.#fetch = new FetchHttpHandler({ keepAlive: true, customFetch })
  }

  handle: Handle = (request, options) => {
    if (request.method !== 'GET' || bodies <= MOST_FETCHED_BODIES) return this.#fetch.handle(request, options)
    return this.#node.handle(request, options)
  }

  destroy(): void {
    this.#fetch.destroy()
    this.#node.destroy()
  }

  /** The SDK asks for these two; nothing is configured later. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }
}
