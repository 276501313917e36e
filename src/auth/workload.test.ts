import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportSPKI, generateKeyPair, importJWK } from 'jose'
import { startWorkloadIssuer, type TestWorkloadIssuer } from '../../test/support/workload-issuer.ts'
import { authSchema, type WorkloadIssuerConfig } from '../config/sign-in.ts'
import type { Clock } from '../lib/clock.ts'
import { createLog } from '../observability/log.ts'
import { createWorkloadIssuers, type WorkloadIssuers } from './workload.ts'

const AUDIENCE = 'https://berth.test'
const JOB = { aud: AUDIENCE, sub: 'job' }

let folder = ''
let nowMs = Date.UTC(2030, 0, 1)
const clock: Clock = { now: () => new Date(nowMs), sleep: async () => undefined }
let lines: string[] = []
const log = createLog({ level: 'debug', now: clock.now, write: (line) => lines.push(line) })
const seconds = () => Math.floor(nowMs / 1000)

let issuer: TestWorkloadIssuer
let issuers: WorkloadIssuers

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-workload-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(async () => {
  lines = []
  issuer = await startWorkloadIssuer({ now: clock.now })
  issuers = open({ ci: { issuer: issuer.issuer } })
})
afterEach(() => issuer.close())

function open(
  written: Readonly<Record<string, Partial<WorkloadIssuerConfig>>>,
  defaultAudience?: string,
): WorkloadIssuers {
  const configured = authSchema.parse({ workload: written }).workload
  return createWorkloadIssuers({ issuers: configured, defaultAudience: defaultAudience ?? AUDIENCE, clock, log })
}

describe('a token of a configured issuer', () => {
  it('is who it says', async () => {
    const token = await issuer.sign({ ...JOB, nested: { a: 1 } })
    expect(issuers.looksLikeToken(token)).toBe(true)
    expect(await issuers.verify(token)).toEqual({
      issuer: 'ci',
      claims: { ...JOB, nested: { a: 1 }, iss: issuer.issuer, iat: seconds(), exp: seconds() + 300 },
      expiresAt: new Date((seconds() + 300) * 1000),
    })
  })

  it('costs two requests, and the next ones none', async () => {
    const token = await issuer.sign(JOB)
    await Promise.all([issuers.verify(token), issuers.verify(token), issuers.verify(token)])
    await issuers.verify(await issuer.sign({ ...JOB, sub: 'another' }))
    expect(issuer.requests()).toBe(2)
    nowMs += 10 * 60_000
    expect(await issuers.verify(await issuer.sign(JOB))).toBeDefined()
    expect(issuer.requests()).toBe(4)
  })

  it('may be for several, and for an audience that is configured', async () => {
    expect(await issuers.verify(await issuer.sign({ ...JOB, aud: ['other', AUDIENCE] }))).toBeDefined()
    const own = open({ ci: { issuer: issuer.issuer, audience: 'berth' } })
    expect(await own.verify(await issuer.sign({ ...JOB, aud: 'berth' }))).toBeDefined()
    expect(await own.verify(await issuer.sign(JOB))).toBeUndefined()
  })

  it('may be a minute off', async () => {
    const skewed = { ...JOB, iat: seconds() + 59, nbf: seconds() + 59 }
    expect(await issuers.verify(await issuer.sign(skewed))).toBeDefined()
    expect(await issuers.verify(await issuer.sign({ ...JOB, exp: seconds() - 59 }))).toBeDefined()
  })
})

describe('a token that is refused', () => {
  it.each<[string, () => object]>([
    ['expired', () => ({ exp: seconds() - 61 })],
    ['not good yet', () => ({ nbf: seconds() + 61 })],
    ['made in the future', () => ({ iat: seconds() + 61 })],
    ['without iat', () => ({ iat: undefined })],
    ['without exp', () => ({ exp: undefined })],
    ['with a text as exp', () => ({ exp: 'never' })],
    ['for somebody else', () => ({ aud: 'https://evil.test' })],
    ['for a longer name', () => ({ aud: `${AUDIENCE}.evil.test` })],
    ['for nobody', () => ({ aud: undefined })],
  ])('%s', async (_, changes) => {
    expect(await issuers.verify(await issuer.sign({ ...JOB, ...changes() }))).toBeUndefined()
  })

  it.each(['jwk', 'jku', 'x5u', 'x5c', 'crit'])('with "%s" in its header', async (name) => {
    const [header = '', payload, signature] = (await issuer.sign(JOB)).split('.')
    const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), [name]: ['x'] }
    expect(await issuers.verify(`${encode(changed)}.${payload}.${signature}`)).toBeUndefined()
    expect(issuer.requests()).toBe(name === 'crit' ? 2 : 0)
  })

  it('signed with the key in its own header', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = await crypto.subtle.exportKey('jwk', publicKey)
    expect(await issuers.verify(await issuer.sign(JOB, { key: privateKey, header: { jwk } }))).toBeUndefined()
    expect(issuer.requests()).toBe(0)
  })

  it('not signed at all', async () => {
    const [, payload] = (await issuer.sign(JOB)).split('.')
    for (const alg of ['none', 'None', 'nOnE'])
      for (const signature of ['', 'AAAA'])
        expect(await issuers.verify(`${encode({ alg })}.${payload}.${signature}`)).toBeUndefined()
    expect(issuer.requests()).toBe(0)
  })

  it('signed with the public key as if it were a secret', async () => {
    const [jwk] = issuer.keys().keys
    const publicKey = await importJWK({ ...jwk }, 'ES256', { extractable: true })
    if (publicKey instanceof Uint8Array) throw new Error('not a public key')
    const key = new TextEncoder().encode(await exportSPKI(publicKey))
    expect(await issuers.verify(await issuer.sign(JOB, { key, header: { alg: 'HS256' } }))).toBeUndefined()
    expect(issuer.requests()).toBe(0)
  })

  it('signed by somebody else under the same key id', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    expect(await issuers.verify(await issuer.sign(JOB, { key: privateKey }))).toBeUndefined()
  })

  it('changed afterwards', async () => {
    const [header, , signature] = (await issuer.sign(JOB)).split('.')
    const payload = encode({ ...JOB, iss: issuer.issuer, iat: seconds(), exp: seconds() + 300, admin: true })
    expect(await issuers.verify(`${header}.${payload}.${signature}`)).toBeUndefined()
  })

  it('from an issuer that nobody configured, who is not asked', async () => {
    const stranger = await startWorkloadIssuer({ now: clock.now })
    for (const iss of [stranger.issuer, `${issuer.issuer}/`, issuer.issuer.toUpperCase(), undefined, 7])
      expect(await issuers.verify(await stranger.sign({ ...JOB, iss }))).toBeUndefined()
    expect([stranger.requests(), issuer.requests()]).toEqual([0, 0])
    await stranger.close()
  })
})

describe('what does not look like a token', () => {
  it.each([
    '',
    'berth_key_abc',
    'eyJ.eyJ',
    'eyJhbGciOiJSUzI1NiJ9.e30',
    'eyJhbGciOiJSUzI1NiJ9.e30.a.b',
    'eyJhbGciOiJSUzI1NiJ9.e30.a b',
    'xyJhbGciOiJSUzI1NiJ9.e30.abc',
    `eyJ${'a'.repeat(8190)}.e30.abc`,
  ])('%#', async (text) => {
    expect(issuers.looksLikeToken(text)).toBe(false)
    expect(await issuers.verify(text)).toBeUndefined()
  })

  it('what looks like one and is nonsense', async () => {
    for (const text of ['eyJa.e30.abc', 'eyJhbGciOiJSUzI1NiJ9.AAAA.abc', 'eyJhbGciOiJSUzI1NiJ9.e30.abc'])
      expect(await issuers.verify(text)).toBeUndefined()
    expect(issuer.requests()).toBe(0)
  })

  it('a good one that is too long', async () => {
    const token = await issuer.sign({ ...JOB, filler: 'x'.repeat(8192) })
    expect(await issuers.verify(token)).toBeUndefined()
    expect(issuer.requests()).toBe(0)
  })
})

describe('keys that change', () => {
  it('are found, and then the old ones are no longer good', async () => {
    const old = await issuer.sign(JOB)
    expect(await issuers.verify(old)).toBeDefined()
    await issuer.rotate()
    nowMs += 30_000
    expect(await issuers.verify(await issuer.sign(JOB))).toBeDefined()
    expect(issuer.requests()).toBe(4)
    expect(await issuers.verify(old)).toBeUndefined()
  })

  it('are asked for once in 30 seconds, however many tokens have unknown ones', async () => {
    await issuers.verify(await issuer.sign(JOB))
    nowMs += 30_000
    const verifyUnknown = async (kid: string) => issuers.verify(await issuer.sign(JOB, { header: { kid } }))
    const results = await Promise.all(['a', 'b', 'c', 'd'].map(verifyUnknown))
    expect(results).toEqual([undefined, undefined, undefined, undefined])
    await verifyUnknown('e')
    expect(issuer.requests()).toBe(4)
    nowMs += 30_000
    await verifyUnknown('f')
    expect(issuer.requests()).toBe(6)
  })
})

describe('an issuer that cannot be asked', () => {
  const unreachable = 'the workload issuer "ci" cannot be asked at the moment'

  it('is an error rather than a refusal, until it is back', async () => {
    const token = await issuer.sign(JOB)
    await issuer.stop()
    await expect(issuers.verify(token)).rejects.toThrow(unreachable)
    issuer.start()
    await expect(issuers.verify(token)).rejects.toThrow(unreachable)
    expect(lines).toHaveLength(1)
    expect(issuer.requests()).toBe(0)
    nowMs += 5000
    expect(await issuers.verify(token)).toBeDefined()
  })

  it('does not matter while its keys are known', async () => {
    await issuers.verify(await issuer.sign(JOB))
    await issuer.stop()
    nowMs += 60_000
    expect(await issuers.verify(await issuer.sign(JOB))).toBeDefined()
    await expect(issuers.verify(await issuer.sign(JOB, { header: { kid: 'new' } }))).rejects.toThrow(unreachable)
    expect(await issuers.verify(await issuer.sign(JOB))).toBeDefined()
  })

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['says it is another', { issuer: 'https://evil.test' }],
    ['says it is almost the same', { issuer: 'http://127.0.0.1' }],
    ['has its keys on another host', { jwks_uri: 'https://evil.test/jwks' }],
    ['has its keys on another port', { jwks_uri: 'http://127.0.0.1:1/jwks' }],
    ['does not say where its keys are', { jwks_uri: undefined }],
    ['has its keys in a file', { jwks_uri: 'file:///etc/passwd' }],
  ])('because it %s', async (_, document) => {
    issuer.setDocument(document)
    await expect(issuers.verify(await issuer.sign(JOB))).rejects.toThrow(unreachable)
    expect(issuer.requests()).toBe(1)
  })

  it('because its keys are none', async () => {
    issuer.setDocument({ jwks_uri: `${issuer.issuer}/.well-known/openid-configuration` })
    await expect(issuers.verify(await issuer.sign(JOB))).rejects.toThrow(unreachable)
  })

  it('because it sends elsewhere', async () => {
    const mover = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.redirect(issuer.jwksUrl, 302) })
    const moved = open({ ci: { issuer: `http://127.0.0.1:${mover.port}` } })
    const token = await issuer.sign({ ...JOB, iss: `http://127.0.0.1:${mover.port}` })
    await expect(moved.verify(token)).rejects.toThrow(unreachable)
    expect(issuer.requests()).toBe(0)
    await mover.stop(true)
  })
})

it('the API server of a cluster is asked for its keys by its own name, whatever address it gives, and sees who asks', async () => {
  const elsewhere = await startWorkloadIssuer({ now: clock.now })
  const seen: (string | null)[] = []
  issuer.setDocument({ jwks_uri: elsewhere.jwksUrl })
  issuer.setAnswer('/openid/v1/jwks', (request) => {
    seen.push(request.headers.get('authorization'))
    return Response.json(issuer.keys())
  })
  const tokenFile = join(folder, 'token')
  await Bun.write(tokenFile, 'of berth itself\n')
  const cluster = open({ k8s: { preset: 'kubernetes', issuer: issuer.issuer, tokenFile } })
  expect(await cluster.verify(await issuer.sign(JOB))).toBeDefined()
  expect(seen).toEqual(['Bearer of berth itself'])
  expect(elsewhere.requests()).toBe(0)
  await elsewhere.close()
})

it('no other issuer may, even if somebody listens there', async () => {
  const other = await startWorkloadIssuer({ now: clock.now })
  issuer.setDocument({ jwks_uri: other.jwksUrl })
  await expect(issuers.verify(await other.sign({ ...JOB, iss: issuer.issuer }))).rejects.toThrow('cannot be asked')
  expect(other.requests()).toBe(0)
  await other.close()
})

describe('keys in a file', () => {
  async function writeKeys(name: string, from: TestWorkloadIssuer): Promise<string> {
    const path = join(folder, name)
    await Bun.write(path, JSON.stringify(from.keys()))
    return path
  }

  it('need no network', async () => {
    const iss = 'http://kubernetes.default.svc'
    const offline = open({ k8s: { preset: 'kubernetes', issuer: iss, jwksFile: await writeKeys('keys', issuer) } })
    expect(await offline.verify(await issuer.sign({ ...JOB, iss }))).toMatchObject({ issuer: 'k8s' })
    expect(await offline.verify(await issuer.sign({ ...JOB, iss }, { header: { kid: 'new' } }))).toBeUndefined()
    expect(issuer.requests()).toBe(0)
  })

  it('are read again for a key that is not known', async () => {
    const jwksFile = await writeKeys('rotated', issuer)
    const offline = open({ ci: { issuer: issuer.issuer, jwksFile } })
    await offline.verify(await issuer.sign(JOB))
    await issuer.rotate()
    await writeKeys('rotated', issuer)
    nowMs += 30_000
    expect(await offline.verify(await issuer.sign(JOB))).toBeDefined()
  })

  it('tell two clusters apart that call themselves the same', async () => {
    const other = await startWorkloadIssuer({ now: clock.now })
    const iss = 'https://kubernetes.default.svc.cluster.local'
    const clusters = open({
      blue: { preset: 'kubernetes', issuer: iss, jwksFile: await writeKeys('blue', issuer) },
      green: { preset: 'kubernetes', issuer: iss, jwksFile: await writeKeys('green', other) },
    })
    expect(await clusters.verify(await issuer.sign({ ...JOB, iss }))).toMatchObject({ issuer: 'blue' })
    expect(await clusters.verify(await other.sign({ ...JOB, iss }))).toMatchObject({ issuer: 'green' })
    await other.close()
  })
})

describe('a configuration that cannot work', () => {
  it.each<[Partial<WorkloadIssuerConfig>, string]>([
    [{ preset: 'kubernetes' }, 'auth.workload.ci needs "issuer"'],
    [{ issuer: 'http://idp.test' }, 'only https is'],
    [{ issuer: 'https://idp.test', jwksFile: '/nowhere/keys' }, '/nowhere/keys'],
    [{ issuer: 'https://idp.test', ca: '/nowhere/ca.pem' }, '/nowhere/ca.pem'],
  ])('%j', (written, message) => {
    expect(() => open({ ci: written })).toThrow(message)
  })

  it('no audience and no external address', () => {
    const configured = authSchema.parse({ workload: { ci: { preset: 'github' } } }).workload
    const create = () => createWorkloadIssuers({ issuers: configured, defaultAudience: undefined, clock, log })
    expect(create).toThrow('auth.workload.ci needs "audience"')
  })

  it('the presets that know their issuer need no more', () => {
    open({ github: { preset: 'github' }, gitlab: { preset: 'gitlab' } })
  })
})

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
