import { afterAll, beforeAll } from 'bun:test'
import { startWorkloadIssuer, type TestWorkloadIssuer } from '../../support/workload-issuer.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * Stands in for a platform that signs tokens for its jobs or pods: no test can have GitHub, GitLab or a cluster. The
 * tokens are really signed, by keys that the registry fetches or reads, and have the claims that the platform documents.
 */
export interface Platform {
  readonly issuer: TestWorkloadIssuer
  /** A token with these claims, for the audience that a job asked for. */
  readonly token: (audience: string, claims: Claims) => Promise<string>
  /** As GitHub's runner has them: where a job asks for its token, and what it proves itself with there. */
  readonly githubEnv: () => Readonly<Record<string, string>>
  /** Claims of the tokens that are given out there. */
  readonly setClaims: (claims: Claims) => void
}

const RUNNER_TOKEN = 'the token of the runner'

export function usePlatform(): Platform {
  let issuer: TestWorkloadIssuer | undefined
  let server: ReturnType<typeof Bun.serve> | undefined
  let claims: Claims = {}
  const theIssuer = () => {
    if (issuer === undefined) throw new Error('the platform was not started')
    return issuer
  }
  const token = (audience: string, about: Claims) => theIssuer().sign({ aud: audience, ...about })

  beforeAll(async () => {
    issuer = await startWorkloadIssuer()
    server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async (request) => {
        if (request.headers.get('authorization') !== `bearer ${RUNNER_TOKEN}`) return new Response('', { status: 401 })
        const audience = new URL(request.url).searchParams.get('audience') ?? 'https://github.com/acme'
        return Response.json({ value: await token(audience, claims) })
      },
    })
  })
  afterAll(async () => {
    await server?.stop(true)
    await issuer?.close()
  })
  return {
    get issuer() {
      return theIssuer()
    },
    token,
    githubEnv: () => ({
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${server?.port}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: RUNNER_TOKEN,
    }),
    setClaims: (about) => {
      claims = about
    },
  }
}

/** Times of a token, in seconds from now. */
export function lifetime(
  from: number,
  to: number,
): { readonly iat: number; readonly nbf: number; readonly exp: number } {
  const now = Math.floor(Date.now() / 1000)
  return { iat: now + from, nbf: now + from, exp: now + to }
}
