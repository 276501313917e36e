import { afterAll, beforeAll } from 'bun:test'
import { type StartOptions, startRegistry } from '../../support/registry.ts'
import { SEED } from './content.ts'

export interface Answer {
  /** `PUT /v2/…`, for messages. */
  readonly asked: string
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  readonly text: string
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
  /** Added to what the path already carries: an upload's Location has state of its own. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>
}

export interface Registry {
  /** Sends it as it is: no redirect is followed, nothing is repeated. The path may be a Location, relative or absolute. */
  send(method: string, path: string, ask?: Ask): Promise<Answer>
  /** A repository name no other case uses. */
  repository(label: string): string
  readonly host: string
}

/**
 * The registry under test, one for the whole file: ours on a free port, or the one at `BERTH_TEST_URL`.
 * Names carry the area and the seed, so that a registry that lives longer than one run can be asked too.
 */
export function useRegistry(area: string, options: StartOptions = {}): Registry {
  let base = ''
  let close = async () => {}
  beforeAll(async () => {
    const given = process.env.BERTH_TEST_URL
    if (given !== undefined) {
      base = given
      return
    }
    const ours = await startRegistry(options)
    base = ours.url
    close = ours.close
  })
  afterAll(() => close())
  return {
    send: (method, path, ask = {}) => send(method, urlOf(base, path, ask.query), ask),
    repository: (label) => `conformance/${area}/s${SEED}/${label}`.toLowerCase(),
    get host() {
      return new URL(base).host
    },
  }
}

function urlOf(base: string, path: string, query: Ask['query']): URL {
  const url = new URL(path, base)
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(key, one)
  }
  return url
}

async function send(method: string, url: URL, ask: Ask): Promise<Answer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: ask.headers ?? {},
    ...(ask.body === undefined ? {} : { body: ask.body }),
  })
  const bytes = await response.bytes()
  return {
    asked: `${method} ${url.pathname}${url.search}`,
    status: response.status,
    headers: response.headers,
    bytes,
    text: new TextDecoder().decode(bytes),
  }
}

/** No length known in advance: goes out as `Transfer-Encoding: chunked`, which is how Docker sends a layer. */
export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes)
      controller.close()
    },
  })
}
