import { createHash, timingSafeEqual } from 'node:crypto'
import { cookieName, formatCookie, readCookie } from '../auth/cookies.ts'
import { randomId } from '../lib/ids.ts'
import { OciError } from '../oci/errors.ts'
import type { Call } from './call.ts'

const BASE = 'berth-browser'
/** Long enough to come back from a provider and to fill a form in. */
const BROWSER_LIFETIME_SECONDS = 60 * 60

/** A browser, whether or not anybody is signed in with it. */
export interface Browser {
  /** What the cookie holds, as it is stored. */
  readonly hash: string
  /** What forms carry that are shown before signing in. */
  readonly csrf: string
  /** Keeps the cookie for another while. */
  readonly setCookie: string
}

/** The browser that asks; one that was not here before gets a name. Undefined when it cannot get a cookie safely. */
export function browserOf(call: Call): Browser | undefined {
  const name = cookieName(BASE, call.origin)
  if (name === undefined) return undefined
  const secret = knownSecret(call, name) ?? randomId() + randomId()
  return toBrowser(secret, formatCookie(name, secret, BROWSER_LIFETIME_SECONDS))
}

/** Only one that was here before: what it sends cannot come from anybody else. */
export function knownBrowserOf(call: Call): Browser | undefined {
  const name = cookieName(BASE, call.origin)
  const secret = name === undefined ? undefined : knownSecret(call, name)
  return secret === undefined ? undefined : browserOf(call)
}

function knownSecret(call: Call, name: string): string | undefined {
  const value = readCookie(call.request.headers.get('cookie'), name)
  return value !== undefined && /^[0-9a-f]{64}$/.test(value) ? value : undefined
}

function toBrowser(secret: string, setCookie: string): Browser {
  return { hash: digest(`browser ${secret}`), csrf: digest(`form ${secret}`).slice(0, 32), setCookie }
}

/**
 * Refuses what a page of another site made the browser send. Our own pages send `Origin: null`, because they send no
 * referrer (Fetch standard, "append a request Origin header"); then the browser has to say that it was one of ours.
 * @throws OciError DENIED
 */
export function requireSameOrigin({ request, origin }: Call): void {
  const from = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  const siteIsOurs = site === null || site === 'same-origin' || site === 'none'
  const originIsOurs = from === null || from === new URL(origin).origin || (from === 'null' && site === 'same-origin')
  if (!siteIsOurs || !originIsOurs) throw forged()
}

/** @throws OciError DENIED unless the form carries what we put into it */
export function requireFormToken(form: URLSearchParams, expected: string | undefined): void {
  const given = form.get('csrf') ?? ''
  const same = expected !== undefined && timingSafeEqual(Buffer.from(digest(given)), Buffer.from(digest(expected)))
  if (!same) throw forged()
}

function forged(): OciError {
  return new OciError('DENIED', { message: 'this form was not sent from a page of this registry, or is too old' })
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
