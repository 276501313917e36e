import { createServer, type Server } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

export interface OidcClient {
  readonly clientId: string
  /** Without one it is a public client. */
  readonly clientSecret?: string
  readonly redirectUris: readonly string[]
}

/** What the provider says of a person, besides `sub`, by the login they type. */
export type OidcAccounts = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A real OpenID Connect provider in this process: oidc-provider, with its development pages for signing in. */
export interface TestOidcProvider {
  /** `http://127.0.0.1:PORT`. */
  readonly issuer: string
  /** Does what a browser would from the authorization address on; returns the address that it is sent back to. */
  readonly signIn: (url: URL, login: string) => Promise<URL>
  /** Presses "cancel" instead. */
  readonly refuse: (url: URL) => Promise<URL>
  readonly setClaims: (login: string, claims: Readonly<Record<string, unknown>>) => void
  /** As if it were down; `start` brings it back at the same address. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly close: () => Promise<void>
}

interface OidcOptions {
  readonly clients: readonly OidcClient[]
  readonly accounts: OidcAccounts
  /** Puts all claims into the id token; otherwise they are at the userinfo endpoint, as the standard has it. */
  readonly claimsInIdToken?: boolean
}

export async function startOidcProvider(options: OidcOptions): Promise<TestOidcProvider> {
  const accounts = new Map(Object.entries(options.accounts))
  let listener: ReturnType<Provider['callback']> | undefined
  const server = createServer((request, response) => listener?.(request, response))
  const port = await listen(server, 0)
  const issuer = `http://127.0.0.1:${port}`
  listener = new Provider(issuer, await configuration(options, accounts)).callback()
  return {
    issuer,
    signIn: (url, login) => browse(issuer, url, (page) => submit(page, login)),
    refuse: (url) => browse(issuer, url, abort),
    setClaims: (login, claims) => void accounts.set(login, claims),
    stop: () => closeServer(server),
    start: async () => void (await listen(server, port)),
    close: () => closeServer(server),
  }
}

async function configuration({ clients, claimsInIdToken = false }: OidcOptions, accounts: Map<string, object>) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return {
    clients: clients.map(clientMetadata),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'test' }] },
    cookies: { keys: ['only for tests'] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'name'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    conformIdTokenClaims: !claimsInIdToken,
    findAccount: (_: unknown, id: string) =>
      accounts.has(id) ? { accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) } : undefined,
  }
}

function clientMetadata({ clientId, clientSecret, redirectUris }: OidcClient) {
  return {
    client_id: clientId,
    ...(clientSecret === undefined ? { token_endpoint_auth_method: 'none' } : { client_secret: clientSecret }),
    redirect_uris: redirectUris,
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }
}

interface Page {
  readonly url: URL
  readonly html: string
  readonly send: (url: URL, init?: RequestInit) => Promise<Response>
}

const MAX_STEPS = 12

async function browse(issuer: string, start: URL, act: (page: Page) => Promise<Response>): Promise<URL> {
  const send = withCookies()
  let url = start
  let response = await send(url)
  for (let step = 0; step < MAX_STEPS; step++) {
    const location = response.headers.get('location')
    if (location === null) {
      const html = await response.text()
      if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}: ${html.slice(0, 300)}`)
      response = await act({ url, html, send })
      continue
    }
    url = new URL(location, url)
    if (url.origin !== issuer) return url
    response = await send(url)
  }
  throw new Error(`no end of pages, the last was ${url}`)
}

function submit({ url, html, send }: Page, login: string): Promise<Response> {
  const action = /action="([^"]+)"/.exec(html)?.[1]
  const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1]
  if (action === undefined || prompt === undefined) throw new Error(`no form at ${url}`)
  const body = new URLSearchParams({ prompt, login, password: 'any' })
  return send(new URL(action, url), { method: 'POST', body })
}

function abort({ url, html, send }: Page): Promise<Response> {
  const link = /href="([^"]*\/abort)"/.exec(html)?.[1]
  if (link === undefined) throw new Error(`no way to cancel at ${url}`)
  return send(new URL(link, url))
}

function withCookies(): Page['send'] {
  const jar = new Map<string, string>()
  return async (url, init = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const equals = pair.indexOf('=')
      jar.set(pair.slice(0, equals), pair.slice(equals + 1))
    }
    return response
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
