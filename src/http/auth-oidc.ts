import { type OidcAttempt, saveAttempt, takeAttempt } from '../auth/oidc-attempt-store.ts'
import type { OidcProvider } from '../auth/oidc.ts'
import type { Identity } from '../auth/identity-provider.ts'
import { hashSecret } from '../auth/secrets.ts'
import { OciError } from '../oci/errors.ts'
import { enter } from './auth-sign-in.ts'
import { messageView } from './auth-views.ts'
import { HOME, nextPath, type Visit } from './auth-visit.ts'
import type { Call } from './call.ts'
import { routeNotFound } from './errors.ts'
import { page, seeOther } from './page.ts'
import type { Reply } from './reply.ts'
import { browserOf, knownBrowserOf } from './same-site.ts'

/** Off to the provider. What comes back counts once, and from this browser. */
export async function beginLogin(visit: Visit): Promise<Reply> {
  const { parts, call } = visit
  const provider = providerOf(visit)
  const browser = browserOf(call)
  if (provider === undefined || browser === undefined) return routeNotFound()
  try {
    const { url, state, nonce, verifier } = await provider.begin(redirectUri(call, provider))
    const attempt: OidcAttempt = {
      stateHash: hashSecret(state),
      browserHash: browser.hash,
      provider: provider.name,
      nonce,
      verifier,
      next: nextPath(call.query.get('next')),
    }
    await parts.database.writeQuietly((tx) => saveAttempt(tx, attempt, parts.clock.now()))
    return seeOther(url.href, browser.setCookie)
  } catch (error) {
    parts.onOutage(provider.name, error)
    return unavailable(provider)
  }
}

/** Back from the provider. */
export async function finishLogin(visit: Visit): Promise<Reply> {
  const provider = providerOf(visit)
  if (provider === undefined) return routeNotFound()
  const attempt = await attemptOf(visit)
  if (attempt === undefined || attempt.provider !== provider.name)
    return restart(provider, 'This sign-in was used already, is too old, or was begun in another browser.')
  try {
    const identity = await provider.finish({
      callbackUrl: new URL(`${visit.call.path}?${visit.call.query}`, visit.call.origin),
      redirectUri: redirectUri(visit.call, provider),
      state: visit.call.query.get('state') ?? '',
      nonce: attempt.nonce,
      verifier: attempt.verifier,
    })
    return await admit(visit, identity, attempt.next)
  } catch (error) {
    if (error instanceof OciError && error.code === 'UNAUTHORIZED') {
      await note(visit, { id: 'anonymous', name: 'anonymous', outcome: 'refused' })
      return restart(provider, 'The sign-in was not completed.')
    }
    if (error instanceof OciError) throw error
    visit.parts.onOutage(provider.name, error)
    return unavailable(provider)
  }
}

function providerOf({ parts, provider }: Visit): OidcProvider | undefined {
  return parts.oidc.find(({ name }) => name === provider)
}

function redirectUri({ origin }: Call, { name }: OidcProvider): string {
  return `${origin}/auth/callback/${name}`
}

async function attemptOf({ parts, call }: Visit): Promise<OidcAttempt | undefined> {
  const browser = knownBrowserOf(call)
  const state = call.query.get('state')
  if (browser === undefined || state === null) return undefined
  const query = { stateHash: hashSecret(state), browserHash: browser.hash, now: parts.clock.now() }
  return parts.database.write((tx) => takeAttempt(tx, query))
}

async function admit(visit: Visit, identity: Identity, next: string): Promise<Reply> {
  const { people, accounts, clock } = visit.parts
  const id = await people.admit(identity)
  const account = await accounts.findActive(id, clock.now())
  if (account === undefined) {
    await note(visit, { id, name: identity.name.slice(0, 256), outcome: 'refused' })
    const body = messageView('Your account here is disabled. Ask whoever runs this registry.')
    return page({ status: 403, title: 'You cannot sign in', body })
  }
  visit.call.learned({ principal: account })
  await note(visit, { id, name: account.name, outcome: 'done' })
  return enter(visit, id, next)
}

interface Noted {
  readonly id: string
  readonly name: string
  readonly outcome: 'done' | 'refused'
}

async function note({ parts, call, provider }: Visit, { id, name, outcome }: Noted): Promise<void> {
  await parts.recorder.note({
    actor: { id, name, address: call.signInContext('browser').address },
    action: 'sign-in',
    target: 'registry',
    outcome,
    detail: { via: provider, for: 'browser' },
  })
}

/** What the provider said stays out: it is in the log, and anybody can write such a link. */
function restart({ label }: OidcProvider, why: string): Reply {
  const link = { href: HOME, text: 'Begin again' }
  return page({ status: 400, title: `Not signed in with ${label}`, body: messageView(why, link) })
}

function unavailable({ label }: OidcProvider): Reply {
  const link = { href: HOME, text: 'Back' }
  const body = messageView(`${label} cannot be asked at the moment. Try again in a while.`, link)
  return page({ status: 503, title: 'Not available', body, headers: { 'retry-after': '10' } })
}
