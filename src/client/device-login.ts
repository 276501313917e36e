import type { Clock } from '../lib/clock.ts'
import { EgressError } from './egress.ts'
import type { RegistryAddress } from './registry-address.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** What the registry shows to whoever approves, and keeps beside the refresh token. */
const CLIENT = 'berth login'
const MAX_INTERVAL_MS = 60_000

/** RFC 8628 §3.2. */
export interface DeviceStart {
  readonly deviceCode: string
  readonly userCode: string
  /** Where the code is typed in. */
  readonly verificationUri: string
  /** The same with the code in it. */
  readonly completeUri: string
  readonly expiresInMs: number
  readonly intervalMs: number
}

/** The registry does not offer it. */
export class NoDeviceFlow extends Error {}

/** @throws NoDeviceFlow; Error with a sentence for people */
export async function beginDeviceLogin(registry: RegistryAddress): Promise<DeviceStart> {
  const { body, problem } = await post(registry, '/auth/device/code', { client_id: CLIENT })
  const [deviceCode, userCode] = [textOf(body, 'device_code'), textOf(body, 'user_code')]
  const verificationUri = textOf(body, 'verification_uri')
  if (textOf(body, 'error') !== undefined) throw new Error(`${registry.host}: ${problem}`)
  if (deviceCode === undefined || userCode === undefined || verificationUri === undefined)
    throw new NoDeviceFlow(`${registry.host} has no sign-in with a browser; say --username`)
  return {
    deviceCode,
    userCode: printable(userCode),
    verificationUri: webAddress(verificationUri),
    completeUri: webAddress(textOf(body, 'verification_uri_complete') ?? verificationUri),
    expiresInMs: 1000 * (numberOf(body, 'expires_in') ?? 600),
    intervalMs: 1000 * (numberOf(body, 'interval') ?? 5),
  }
}

/** RFC 8628 §3.4 and §3.5: asks until somebody approved or refused. Returns the refresh token. @throws Error */
export async function awaitApproval(registry: RegistryAddress, start: DeviceStart, clock: Clock): Promise<string> {
  const form = { grant_type: DEVICE_GRANT, device_code: start.deviceCode, client_id: CLIENT }
  const end = clock.now().getTime() + start.expiresInMs
  let { intervalMs } = start
  while (clock.now().getTime() < end) {
    await clock.sleep(intervalMs)
    const { body, problem } = await post(registry, '/token', form).catch(orUnreachable)
    const refreshToken = textOf(body, 'refresh_token')
    if (refreshToken !== undefined) return refreshToken
    const error = textOf(body, 'error')
    if (error === 'slow_down') intervalMs += 5000
    else if (error === UNREACHABLE) intervalMs = Math.min(2 * intervalMs, MAX_INTERVAL_MS)
    else if (error !== 'authorization_pending') throw new Error(`${registry.host}: ${problem}`)
  }
  throw new Error('nobody approved the sign-in in time; begin again')
}

/** Returns the refresh token. @throws Error with a sentence for people */
export async function passwordLogin(registry: RegistryAddress, username: string, password: string): Promise<string> {
  const form = { grant_type: 'password', username, password, client_id: CLIENT, access_type: 'offline', service: '' }
  const { body, problem, ok } = await post(registry, '/token', form)
  const refreshToken = textOf(body, 'refresh_token')
  if (refreshToken !== undefined) return refreshToken
  if (!ok) throw new Error(`${registry.host}: ${problem}`)
  throw new Error(`${registry.host} gives no refresh token to "${username}": programs sign in with "docker login"`)
}

/** RFC 7009. @throws Error when the registry did not end it */
export async function revokeToken(registry: RegistryAddress, token: string): Promise<void> {
  const { ok, problem } = await post(registry, '/auth/revoke', { token, token_type_hint: 'refresh_token' })
  if (!ok) throw new Error(`${registry.host}: ${problem}`)
}

interface Posted {
  readonly ok: boolean
  readonly body: Readonly<Record<string, unknown>>
  /** What is wrong, for people. */
  readonly problem: string
}

async function post({ ask, origin }: RegistryAddress, path: string, form: Record<string, string>): Promise<Posted> {
  const response = await ask(`${origin}${path}`, { method: 'POST', body: new URLSearchParams(form) })
  const value: unknown = await response.json().catch(() => undefined)
  const body = isObject(value) ? value : {}
  return { ok: response.ok, body, problem: problemOf(body) ?? `the answer has status ${response.status}` }
}

/** Not a code of any standard. */
const UNREACHABLE = 'berth: unreachable'

/** RFC 8628 §3.5: after a timeout a device asks less often, and goes on. */
function orUnreachable(error: unknown): Posted {
  if (error instanceof EgressError) return { ok: false, body: { error: UNREACHABLE }, problem: error.message }
  throw error
}

/** As OAuth says it, or as registries do. */
function problemOf(body: Readonly<Record<string, unknown>>): string | undefined {
  const [first] = Array.isArray(body.errors) ? (body.errors as unknown[]) : []
  const text = textOf(body, 'error_description') ?? (isObject(first) ? textOf(first, 'message') : undefined)
  return text === undefined ? undefined : printable(text)
}

/** What others say must not move the cursor of a terminal, or worse. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 500)
}

/** It is shown to people and may be given to a browser. @throws Error */
function webAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw new Error('the registry names no page to sign in')
  return url.href
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(body: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = body[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function numberOf(body: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = body[key]
  return typeof value === 'number' && value > 0 && value < 86_400 ? value : undefined
}
