import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from 'jose'
import { type OidcProvider, oidcProvider } from '../../src/auth/oidc.ts'
import { authSchema, type OidcProviderConfig } from '../../src/config/sign-in.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { OciError } from '../../src/oci/errors.ts'
import { createLog } from '../../src/observability/log.ts'
import { startWorkloadIssuer, type TestWorkloadIssuer } from '../support/workload-issuer.ts'
import { startOidcProvider, type TestOidcProvider } from '../support/oidc.ts'

const REDIRECT = 'https://berth.test/auth/callback/corp'
const ANN = { preferred_username: 'ann', email: 'Ann@Corp.test', email_verified: true, groups: ['dev', 'ops'] }

let folder = ''
let provider: TestOidcProvider
let lines: string[] = []
let nowMs = Date.now()
const clock: Clock = { now: () => new Date(nowMs), sleep: async () => undefined }
const log = createLog({ level: 'debug', now: clock.now, write: (line) => lines.push(line) })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-oidc-'))
  await Bun.write(join(folder, 'secret'), 'of-the-client\n')
  provider = await startOidcProvider({
    clients: [
      { clientId: 'berth', clientSecret: 'of-the-client', redirectUris: [REDIRECT] },
      { clientId: 'public', redirectUris: [REDIRECT] },
    ],
    accounts: { ann: ANN },
  })
})
afterAll(async () => {
  await provider.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  lines = []
  provider.setClaims('ann', ANN)
})

function config(changes: Partial<OidcProviderConfig> = {}): OidcProviderConfig {
  const corp = {
    issuer: provider.issuer,
    clientId: 'berth',
    clientSecretFile: join(folder, 'secret'),
    scopes: 'openid profile email groups',
  }
  const parsed = authSchema.parse({ oidc: { corp: { ...corp, ...changes } } }).oidc.corp
  if (parsed === undefined) throw new Error('no configuration')
  return parsed
}

function relyingParty(changes: Partial<OidcProviderConfig> = {}): OidcProvider {
  return oidcProvider({ name: 'corp', config: config(changes), clock, log })
}

/** Goes to the provider and back. */
async function goThere(party: OidcProvider, login = 'ann') {
  const start = await party.begin(REDIRECT)
  return { ...start, callbackUrl: await provider.signIn(start.url, login), redirectUri: REDIRECT }
}

async function signIn(changes: Partial<OidcProviderConfig> = {}, login = 'ann') {
  const party = relyingParty(changes)
  return party.finish(await goThere(party, login))
}

async function discoveryDocument(): Promise<Record<string, unknown>> {
  const response = await fetch(`${provider.issuer}/.well-known/openid-configuration`)
  return (await response.json()) as Record<string, unknown>
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function expectRefused(work: Promise<unknown>, reason: string | RegExp): Promise<void> {
  const error = await failure(work)
  expect(error).toBeInstanceOf(OciError)
  expect(error).toMatchObject({ code: 'UNAUTHORIZED', message: 'the sign-in was not completed; begin again' })
  expect(lines.join('')).toMatch(reason)
}

describe('signing in with a provider', () => {
  it('gives an identity with a verified address and groups', async () => {
    expect(await signIn()).toEqual({
      provider: 'corp',
      subject: 'ann',
      name: 'ann',
      email: 'ann@corp.test',
      groups: ['dev', 'ops'],
    })
  })

  it('asks for a code with PKCE, state and nonce', async () => {
    const { url, state, nonce } = await relyingParty().begin(REDIRECT)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'berth',
      redirect_uri: REDIRECT,
      scope: 'openid profile email groups',
      code_challenge_method: 'S256',
      state,
      nonce,
    })
  })

  it('works for a public client', async () => {
    const party = relyingParty({ clientId: 'public', clientSecretFile: undefined })
    expect(await party.finish(await goThere(party))).toMatchObject({ subject: 'ann' })
  })

  it('works when the request came to another address than the provider knows', async () => {
    const party = relyingParty()
    const back = await goThere(party)
    const callbackUrl = new URL(back.callbackUrl.search, 'http://10.0.0.5:5000/auth/callback/corp')
    expect(await party.finish({ ...back, callbackUrl })).toMatchObject({ subject: 'ann' })
  })

  it('replaces groups, also by none', async () => {
    provider.setClaims('ann', { ...ANN, groups: ['ops'] })
    expect((await signIn()).groups).toEqual(['ops'])
    provider.setClaims('ann', { ...ANN, groups: undefined })
    expect((await signIn()).groups).toEqual([])
  })

  it('leaves an address out that is not verified, unless it is trusted', async () => {
    provider.setClaims('ann', { ...ANN, email_verified: false })
    expect(await signIn()).not.toHaveProperty('email')
    expect(await signIn({ trustEmail: true })).toMatchObject({ email: 'ann@corp.test' })
    provider.setClaims('ann', { ...ANN, email_verified: 'true' })
    expect(await signIn()).not.toHaveProperty('email')
  })

  it('has a label', () => {
    expect(relyingParty().label).toBe('corp')
    expect(relyingParty({ label: 'Corporate' }).label).toBe('Corporate')
  })
})

describe('coming back wrongly', () => {
  it('with another state', async () => {
    const party = relyingParty()
    const back = await goThere(party)
    await expectRefused(party.finish({ ...back, state: 'another' }), /\\"state\\"/)
  })

  it('with the nonce of another sign-in', async () => {
    const party = relyingParty()
    const [back, other] = [await goThere(party), await party.begin(REDIRECT)]
    await expectRefused(party.finish({ ...back, nonce: other.nonce }), /claim value/)
  })

  it('without the verifier that the code was asked for with', async () => {
    const party = relyingParty()
    const [back, other] = [await goThere(party), await party.begin(REDIRECT)]
    await expectRefused(party.finish({ ...back, verifier: other.verifier }), /invalid_grant/)
  })

  it('twice', async () => {
    const party = relyingParty()
    const back = await goThere(party)
    await party.finish(back)
    await expectRefused(party.finish(back), /invalid_grant/)
  })

  it('from another provider', async () => {
    const party = relyingParty()
    const back = await goThere(party)
    back.callbackUrl.searchParams.set('iss', 'https://evil.test')
    await expectRefused(party.finish(back), /\\"iss\\"/)
  })

  it('without saying from which provider, though this one always does', async () => {
    const party = relyingParty()
    const back = await goThere(party)
    back.callbackUrl.searchParams.delete('iss')
    await expectRefused(party.finish(back), /\\"iss\\".*missing/)
  })

  it('because the person pressed cancel', async () => {
    const party = relyingParty()
    const start = await party.begin(REDIRECT)
    const callbackUrl = await provider.refuse(start.url)
    await expectRefused(party.finish({ ...start, callbackUrl, redirectUri: REDIRECT }), /access_denied/)
  })

  it('with a wrong secret of ours', async () => {
    await Bun.write(join(folder, 'other'), 'another')
    await expectRefused(signIn({ clientSecretFile: join(folder, 'other') }), /invalid_client/)
  })

  it('logs neither codes nor verifiers', async () => {
    const party = relyingParty()
    const back = await goThere(party)
    await failure(party.finish({ ...back, state: 'another' }))
    await failure(party.finish({ ...back, nonce: 'another' }))
    await failure(party.finish(back))
    expect(lines).toHaveLength(3)
    const code = back.callbackUrl.searchParams.get('code') ?? 'none'
    for (const secret of [code, back.verifier, back.nonce, back.state]) expect(lines.join('')).not.toContain(secret)
  })
})

describe('a provider that is down', () => {
  it('is named, fails fast for five seconds, and is asked again then', async () => {
    const party = relyingParty()
    await provider.stop()
    const error = await failure(party.begin(REDIRECT))
    expect(error).not.toBeInstanceOf(OciError)
    expect(error).toMatchObject({ message: 'the sign-in provider "corp" cannot be used at the moment' })
    await provider.start()
    expect(await failure(party.begin(REDIRECT))).toBeInstanceOf(Error)
    nowMs += 5001
    expect(await failure(party.begin(REDIRECT))).toBeUndefined()
  })

  it('when the person comes back is not the fault of the person', async () => {
    const party = relyingParty()
    const back = await goThere(party)
    await provider.stop()
    const error = await failure(party.finish(back))
    await provider.start()
    expect(error).not.toBeInstanceOf(OciError)
    expect(error).toMatchObject({ message: 'the sign-in provider "corp" cannot be used at the moment' })
    expect(await party.finish(back)).toMatchObject({ subject: 'ann' })
  })

  it('is asked for its discovery document once for many', async () => {
    let requests = 0
    const document = await discoveryDocument()
    const server: Bun.Server<undefined> = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => {
        requests++
        return Response.json({ ...document, issuer: `http://127.0.0.1:${server.port}` })
      },
    })
    const party = relyingParty({ issuer: `http://127.0.0.1:${server.port}` })
    await Promise.all([party.begin(REDIRECT), party.begin(REDIRECT), party.begin(REDIRECT)])
    await party.begin(REDIRECT)
    expect(requests).toBe(1)
    await server.stop(true)
  })
})

describe('a discovery document', () => {
  async function beginAt(answer: (origin: string) => Response): Promise<unknown> {
    const server: Bun.Server<undefined> = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => answer(`http://127.0.0.1:${server.port}`),
    })
    try {
      return await failure(relyingParty({ issuer: `http://127.0.0.1:${server.port}` }).begin(REDIRECT))
    } finally {
      await server.stop(true)
    }
  }

  it('that is somewhere else is not fetched', async () => {
    const there = `${provider.issuer}/.well-known/openid-configuration`
    const error = await beginAt(() => Response.redirect(there, 302))
    expect(Bun.inspect(error)).toContain('a redirect, which is not followed')
  })

  it('of another issuer is refused', async () => {
    const document = await discoveryDocument()
    const error = await beginAt(() => Response.json(document))
    expect(Bun.inspect(error)).toContain(`another issuer, "${provider.issuer}"`)
  })

  it.each([
    ['is no JSON', () => new Response('<html>')],
    ['is an error', () => new Response('no', { status: 500 })],
    ['has no endpoints', (origin: string) => Response.json({ issuer: origin })],
  ])('that %s is refused', async (_, answer) => {
    const error = await beginAt(answer)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(OciError)
  })

  it('over plain HTTP from another machine is never asked for', () => {
    expect(() => relyingParty({ issuer: 'http://idp.test' })).toThrow('idp.test is not asked: only https is')
  })
})

describe('an id token', () => {
  let fake: TestWorkloadIssuer
  beforeEach(async () => {
    fake = await startWorkloadIssuer()
    fake.setDocument({
      authorization_endpoint: `${fake.issuer}/authorize`,
      token_endpoint: `${fake.issuer}/token`,
      userinfo_endpoint: `${fake.issuer}/userinfo`,
      id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
    })
    fake.setAnswer('/userinfo', () => Response.json({ sub: 'ann' }))
  })
  afterEach(() => fake.close())

  /** Comes back with what a token endpoint answers that may not be honest. */
  async function comeBack(token: (nonce: string) => Promise<Response>) {
    const party = relyingParty({ issuer: fake.issuer })
    const start = await party.begin(REDIRECT)
    fake.setAnswer('/token', () => token(start.nonce))
    const callbackUrl = new URL(`${REDIRECT}?code=c&state=${start.state}`)
    return party.finish({ ...start, callbackUrl, redirectUri: REDIRECT })
  }

  const answerWith = (idToken: string | undefined) =>
    Response.json({ access_token: 'a', token_type: 'bearer', ...(idToken !== undefined && { id_token: idToken }) })
  const signed =
    (changes: object = {}, overrides: Parameters<TestWorkloadIssuer['sign']>[1] = {}) =>
    async (nonce: string) =>
      answerWith(await fake.sign({ aud: 'berth', sub: 'ann', nonce, ...changes }, overrides))

  it('that is right is believed', async () => {
    expect(await comeBack(signed())).toEqual({ provider: 'corp', subject: 'ann', name: 'ann', groups: [] })
  })

  it.each<[string, object]>([
    ['for another client', { aud: 'another' }],
    ['for several, issued to another', { aud: ['berth', 'another'], azp: 'another' }],
    ['of another issuer', { iss: 'https://evil.test' }],
    ['that expired', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['without end', { exp: undefined }],
    ['without a nonce', { nonce: undefined }],
    ['about nobody', { sub: undefined }],
    ['about the one above', { sub: '' }],
  ])('%s is refused', async (_, changes) => {
    await expectRefused(comeBack(signed(changes)), /a sign-in was refused/)
  })

  it('signed by somebody else under the same key id is refused', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    await expectRefused(comeBack(signed({}, { key: privateKey })), /signature/)
  })

  it('signed with the secret of the client is refused, whatever the provider says it may use', async () => {
    const key = new TextEncoder().encode('of-the-client')
    await expectRefused(comeBack(signed({}, { key, header: { alg: 'HS256' } })), /\\"alg\\"/)
  })

  it('that is not signed is refused', async () => {
    const unsigned = async (nonce: string) => {
      const [, payload] = (await fake.sign({ aud: 'berth', sub: 'ann', nonce })).split('.')
      return answerWith(`${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`)
    }
    await expectRefused(comeBack(unsigned), /\\"alg\\"/)
  })

  it('that is missing is missed', async () => {
    await expectRefused(
      comeBack(async () => answerWith(undefined)),
      /id_token/,
    )
  })

  it('goes before what is said of somebody else at the userinfo endpoint', async () => {
    fake.setAnswer('/userinfo', () => Response.json({ sub: 'eve', groups: ['administrators'] }))
    await expectRefused(comeBack(signed()), /\\"sub\\"/)
  })

  it.each([
    ['is broken', async () => new Response('no', { status: 502 })],
    ['sends elsewhere', async () => Response.redirect('https://evil.test/token', 307)],
  ])('that nobody gets because the token endpoint %s is not the fault of the person', async (_, answer) => {
    await expect(comeBack(answer)).rejects.toThrow('the sign-in provider "corp" cannot be used at the moment')
  })
})
