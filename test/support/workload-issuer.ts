import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose'

/** Of tokens: a claim that is undefined is left out. */
export interface TokenOverrides {
  readonly header?: Readonly<Record<string, unknown>>
  /** Instead of the issuer's own. */
  readonly key?: CryptoKey | Uint8Array
}

/** An issuer of workload tokens with a discovery document and keys, as GitHub, GitLab and clusters have. */
export interface TestWorkloadIssuer {
  /** `http://127.0.0.1:PORT`. */
  readonly issuer: string
  readonly jwksUrl: string
  /** Times are seconds; `iss`, `iat` and `exp` (five minutes) are filled in. */
  readonly sign: (claims: Readonly<Record<string, unknown>>, overrides?: TokenOverrides) => Promise<string>
  /** Signs with a new key from now on, and offers that one only. */
  readonly rotate: () => Promise<void>
  /** The public keys, as a file of them would have them. */
  readonly keys: () => { keys: JWK[] }
  /** How often anything was asked for. */
  readonly requests: () => number
  /** What the discovery document says instead. */
  readonly setDocument: (document: Readonly<Record<string, unknown>>) => void
  /** Answers at another path. */
  readonly setAnswer: (path: string, answer: (request: Request) => Response | Promise<Response>) => void
  readonly stop: () => Promise<void>
  readonly start: () => void
  readonly close: () => Promise<void>
}

interface IssuerOptions {
  readonly port?: number
  readonly now?: () => Date
}

const LIFETIME_SECONDS = 300

export async function startWorkloadIssuer({
  port = 0,
  now = () => new Date(),
}: IssuerOptions = {}): Promise<TestWorkloadIssuer> {
  let current = await newKey(1)
  let requests = 0
  const answers = new Map<string, (request: Request) => Response | Promise<Response>>()
  let document: Readonly<Record<string, unknown>> = {}
  function answer(request: Request): Response | Promise<Response> {
    requests++
    const { pathname } = new URL(request.url)
    if (pathname === '/jwks') return Response.json(keys())
    if (pathname !== '/.well-known/openid-configuration') {
      return answers.get(pathname)?.(request) ?? new Response('no such page', { status: 404 })
    }
    return Response.json({ issuer, jwks_uri: jwksUrl, ...document })
  }
  const serve = (at: number) => Bun.serve({ port: at, hostname: '127.0.0.1', fetch: answer })
  let server = serve(port)
  const issuer: string = `http://127.0.0.1:${server.port}`
  const jwksUrl: string = `${issuer}/jwks`
  const keys = () => ({ keys: [current.jwk] })
  return {
    issuer,
    jwksUrl,
    sign: (claims, { header, key = current.privateKey } = {}) => {
      const seconds = Math.floor(now().getTime() / 1000)
      const all = { iss: issuer, iat: seconds, exp: seconds + LIFETIME_SECONDS, ...claims }
      const protectedHeader = { alg: 'ES256', kid: current.jwk.kid, ...header } as JWTHeaderParameters
      return new SignJWT(all).setProtectedHeader(protectedHeader).sign(key)
    },
    rotate: async () => {
      current = await newKey(Number(current.jwk.kid) + 1)
    },
    keys,
    requests: () => requests,
    setDocument: (changes) => {
      document = changes
    },
    setAnswer: (path, make) => void answers.set(path, make),
    stop: () => server.stop(true),
    start: () => {
      server = serve(Number(new URL(issuer).port))
    },
    close: () => server.stop(true),
  }
}

async function newKey(id: number) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: String(id), use: 'sig', alg: 'ES256' } }
}
