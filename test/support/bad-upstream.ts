import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { OCI_INDEX } from '../../src/oci/media-type.ts'
import {
  end,
  type Exchange,
  json,
  type Misbehaviour,
  missing,
  type Part,
  receive,
  type Seen,
  send,
} from './bad-upstream-answers.ts'
import { sha256, UpstreamContent } from './bad-upstream-content.ts'

export interface UpstreamOptions {
  /** What it asks for; undefined: nothing. */
  readonly auth?: { readonly scheme: 'basic' | 'bearer'; readonly username: string; readonly password: string }
  /** Whether it has the referrers API. True when it is not said. */
  readonly referrersApi?: boolean
  /** `0.0.0.0`: at all of this machine's addresses, as 127.0.0.2. */
  readonly listen?: string
}

export interface BadUpstream {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
  /** The same server by another name: another host for whoever compares. */
  readonly elsewhere: string
  readonly host: string
  readonly port: number
  /** What it holds: `upstream.content.addImage('library/app', { tag: 'v1' })`. */
  readonly content: UpstreamContent
  readonly requests: readonly Seen[]
  /** Bodies of blobs being sent now. */
  readonly sending: number
  count(part?: Part, method?: string): number
  /** `Authorization` headers by the Host they arrived for. */
  secretsAt(host: string): string[]
  /** Returns what makes it well again in this respect. */
  misbehave(how: Misbehaviour): () => void
  /** Well in every respect, and nothing counted. */
  recover(): void
  close(): Promise<void>
}

/** A registry that does everything wrong on command, and right otherwise. Tells what it was asked. */
export async function startBadUpstream(options: UpstreamOptions = {}): Promise<BadUpstream> {
  const upstream = new Upstream(options)
  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    request.on('error', () => undefined)
    upstream.answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, options.listen ?? '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  upstream.port = port
  return {
    url: `http://127.0.0.1:${port}`,
    elsewhere: `http://localhost:${port}`,
    host: `127.0.0.1:${port}`,
    port,
    content: upstream.content,
    get requests() {
      return upstream.requests
    },
    get sending() {
      return upstream.sending
    },
    count: (part, method) =>
      upstream.requests.filter(
        (seen) => (part === undefined || seen.part === part) && (method === undefined || seen.method === method),
      ).length,
    secretsAt: (host) =>
      upstream.requests.flatMap((seen) =>
        seen.host === host && typeof seen.headers.authorization === 'string' ? [seen.headers.authorization] : [],
      ),
    misbehave: (how) => upstream.misbehave(how),
    recover: () => upstream.recover(),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Rule {
  readonly how: Misbehaviour
  left: number
}

class Upstream {
  readonly content = new UpstreamContent()
  readonly #options: UpstreamOptions
  readonly #uploads = new Map<string, Buffer[]>()
  #rules: Rule[] = []
  readonly #connections = new WeakMap<Socket, number>()
  #lastConnection = 0
  #tokens = 0
  requests: Seen[] = []
  sending = 0
  port = 0

  constructor(options: UpstreamOptions) {
    this.#options = options
  }

  misbehave(how: Misbehaviour): () => void {
    const rule = { how, left: how.times ?? Number.POSITIVE_INFINITY }
    this.#rules.unshift(rule)
    return () => {
      this.#rules = this.#rules.filter((other) => other !== rule)
    }
  }

  recover(): void {
    this.#rules = []
    this.requests = []
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'none'}`)
    const { method = 'GET', headers } = request
    const part = partOf(url.pathname)
    this.requests.push({
      method,
      path: request.url ?? '',
      part,
      host: headers.host ?? '',
      headers,
      connection: this.#numberOf(request),
    })
    const exchange = { request, response, url, part, how: this.#howFor(part, method) }
    const { how } = exchange
    await how.wait
    if (how.stall === 'headers') return
    if (how.redirect !== undefined) return end(exchange, 302, { location: how.redirect })
    if (how.status !== undefined && how.bytes !== undefined) return send(exchange, Buffer.alloc(0), {}, how.status)
    if (how.status !== undefined) return end(exchange, how.status, how.headers ?? {})
    if (part === 'token') return this.#token(exchange)
    if (!this.#isSignedIn(request)) return end(exchange, 401, { 'www-authenticate': this.#challenge(exchange) })
    return this.#route(exchange)
  }

  #numberOf({ socket }: IncomingMessage): number {
    const number = this.#connections.get(socket) ?? ++this.#lastConnection
    this.#connections.set(socket, number)
    return number
  }

  #howFor(part: Part, method: string): Misbehaviour {
    const rule = this.#rules.find(
      ({ how, left }) =>
        left > 0 &&
        (how.on === undefined ? part !== 'token' : [how.on].flat().includes(part)) &&
        (how.method === undefined || how.method === method),
    )
    if (rule !== undefined) rule.left--
    return rule?.how ?? {}
  }

  #isSignedIn({ headers }: IncomingMessage): boolean {
    const { auth } = this.#options
    if (auth === undefined) return true
    const { authorization = '' } = headers
    return auth.scheme === 'basic' ? authorization === basic(auth) : /^Bearer token-\d+$/.test(authorization)
  }

  #challenge({ how, url }: Exchange): string {
    if (this.#options.auth?.scheme === 'basic') return 'Basic realm="upstream"'
    const name = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(url.pathname)?.[1]
    const scope = name === undefined ? '' : `,scope="repository:${name}:pull"`
    return `Bearer realm="${how.realm ?? `${url.origin}/token`}",service="upstream"${scope}`
  }

  /** Anybody gets one who says nothing; a wrong password gets none. */
  #token(exchange: Exchange): Promise<void> {
    const { auth } = this.#options
    const { authorization } = exchange.request.headers
    if (authorization !== undefined && auth !== undefined && authorization !== basic(auth))
      return end(exchange, 401, {})
    this.#tokens++
    return json(exchange, { token: `token-${this.#tokens}`, expires_in: 300 })
  }

  async #route(exchange: Exchange): Promise<void> {
    const { part, url } = exchange
    const [, name = '', rest = ''] = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\/(.*)$/.exec(url.pathname) ?? []
    if (part === 'ping') return json(exchange, {})
    if (part === 'manifest') return this.#manifest(exchange, name, decodeURIComponent(rest))
    if (part === 'blob') return this.#blob(exchange, name, decodeURIComponent(rest))
    if (part === 'upload') return this.#upload(exchange, name, rest.replace(/^uploads\/?/, ''))
    if (part === 'tags') return this.#tags(exchange, name)
    if (part === 'catalog') return this.#list(exchange, 'repositories', [...this.content.tags.keys()])
    if (part === 'referrers' && this.#options.referrersApi !== false) {
      const body = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: this.content.referrers(name, rest) }
      return json(exchange, body, { 'content-type': OCI_INDEX })
    }
    return missing(exchange, 'NOT_FOUND')
  }

  async #manifest(exchange: Exchange, name: string, reference: string): Promise<void> {
    const { request, how } = exchange
    if (request.method === 'PUT') {
      const content = new Uint8Array(Buffer.concat(await Array.fromAsync(request)))
      const digest = sha256(content)
      const tag = reference.includes(':') ? undefined : reference
      this.content.put(name, { digest, mediaType: request.headers['content-type'] ?? '', content }, tag)
      const about = JSON.parse(Buffer.from(content).toString()).subject?.digest
      const subject = about !== undefined && this.#options.referrersApi !== false ? { 'oci-subject': about } : {}
      return end(exchange, 201, { 'docker-content-digest': how.digestHeader ?? digest, ...subject })
    }
    if (request.method === 'DELETE') {
      return end(exchange, this.content.tags.get(name)?.delete(reference) ? 202 : 404, {})
    }
    const found = this.content.find(name, reference)
    if (found === undefined) return missing(exchange, 'MANIFEST_UNKNOWN')
    return send(exchange, Buffer.from(found.content), {
      'content-type': found.mediaType,
      'docker-content-digest': how.digestHeader ?? found.digest,
    })
  }

  async #blob(exchange: Exchange, name: string, digest: string): Promise<void> {
    const content = this.content.blobs.get(`${name} ${digest}`)
    if (content === undefined) return missing(exchange, 'BLOB_UNKNOWN')
    this.sending++
    exchange.response.once('close', () => this.sending--)
    const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': digest }
    const start = Number(/^bytes=(\d+)-$/.exec(exchange.request.headers.range ?? '')?.[1] ?? 0)
    if (start === 0 || exchange.how.ignoreRange === true) return send(exchange, Buffer.from(content), headers)
    const size = content.byteLength
    if (start >= size) return end(exchange, 416, { 'content-range': `bytes */${size}` })
    const range = { 'content-range': `bytes ${start}-${size - 1}/${size}` }
    return send(exchange, Buffer.from(content.subarray(start)), { ...headers, ...range }, 206)
  }

  async #tags(exchange: Exchange, name: string): Promise<void> {
    const isThere = [...this.content.manifests.keys()].some((key) => key.startsWith(`${name} `))
    if (!isThere && exchange.how.bytes === undefined) return missing(exchange, 'NAME_UNKNOWN')
    return this.#list(exchange, 'tags', [...(this.content.tags.get(name)?.keys() ?? [])])
  }

  async #upload(exchange: Exchange, name: string, id: string): Promise<void> {
    const { request, url, how } = exchange
    const location = how.location ?? `/v2/${name}/blobs/uploads/${id || crypto.randomUUID()}`
    if (request.method === 'POST') {
      this.#uploads.set(location.split('/').at(-1) ?? '', [])
      return end(exchange, 202, { location })
    }
    const chunks = this.#uploads.get(id)
    if (chunks === undefined) return missing(exchange, 'BLOB_UPLOAD_UNKNOWN')
    const progress = { location, range: `0-${Math.max(0, Buffer.concat(chunks).length - 1)}` }
    if (request.method === 'GET') return end(exchange, 204, progress)
    if (request.method === 'DELETE') return end(exchange, this.#uploads.delete(id) ? 204 : 404, {})
    if (!(await receive(exchange, chunks))) return
    const content = new Uint8Array(Buffer.concat(chunks))
    if (request.method === 'PATCH') return end(exchange, 202, { location, range: `0-${content.length - 1}` })
    const digest = url.searchParams.get('digest') ?? ''
    if (sha256(content) !== digest) return end(exchange, 400, {})
    this.#uploads.delete(id)
    this.content.blobs.set(`${name} ${digest}`, content)
    return end(exchange, 201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
  }

  #list(exchange: Exchange, key: 'repositories' | 'tags', names: readonly string[]): Promise<void> {
    const { url, how } = exchange
    const limit = Number(url.searchParams.get('n') ?? 1000)
    const last = url.searchParams.get('last') ?? ''
    if (how.endlessPages === true) {
      const number = Number(/\d+$/.exec(last)?.[0] ?? 0) + 1
      const link = `<${url.pathname}?n=${limit}&last=t${number}>; rel="next"`
      return json(exchange, { [key]: [`t${number}`] }, { link })
    }
    const left = [...names].sort().filter((name) => name > last)
    const page = left.slice(0, limit)
    const next = `<${url.pathname}?n=${limit}&last=${page.at(-1)}>; rel="next"`
    const link =
      how.link === undefined ? (left.length > limit ? { link: next } : {}) : { link: `<${how.link}>; rel="next"` }
    return json(exchange, { [key]: page }, link)
  }
}

function partOf(path: string): Part {
  if (path === '/token') return 'token'
  if (path === '/v2/' || path === '/v2') return 'ping'
  if (path === '/v2/_catalog') return 'catalog'
  if (path.includes('/blobs/uploads/')) return 'upload'
  const word = /^\/v2\/.+?\/(manifests|blobs|tags|referrers)\//.exec(path)?.[1]
  const parts: Readonly<Record<string, Part>> = {
    manifests: 'manifest',
    blobs: 'blob',
    tags: 'tags',
    referrers: 'referrers',
  }
  return parts[word ?? ''] ?? 'other'
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
