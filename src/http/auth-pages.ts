import { cookieName } from '../auth/cookies.ts'
import { OciError } from '../oci/errors.ts'
import { postDevice, postDeviceCode, postRevoke, showDevice } from './auth-device.ts'
import { beginLogin, finishLogin } from './auth-oidc.ts'
import { postSignIn, postSignOut, showHome, signInPage } from './auth-sign-in.ts'
import { messageView } from './auth-views.ts'
import { type AuthPageParts, type AuthRoute, cookiesOf, HOME, nextPath, type Visit } from './auth-visit.ts'
import { readSmallBody } from './body.ts'
import type { Call } from './call.ts'
import { methodNotAllowed, routeNotFound } from './errors.ts'
import { page, seeOther } from './page.ts'
import type { Subtree } from './plain-routes.ts'
import type { Reply } from './reply.ts'
import { knownBrowserOf, requireFormToken, requireSameOrigin } from './same-site.ts'

/** The table: what is below /auth/, and who may. */
export const AUTH_ROUTES: readonly AuthRoute[] = [
  { method: 'GET', path: '/auth/', access: 'public', handle: showHome },
  { method: 'POST', path: '/auth/sign-in', access: 'form', handle: postSignIn },
  { method: 'POST', path: '/auth/sign-out', access: 'session', handle: postSignOut },
  { method: 'GET', path: '/auth/login/:provider', access: 'public', handle: beginLogin },
  { method: 'GET', path: '/auth/callback/:provider', access: 'public', handle: finishLogin },
  { method: 'GET', path: '/auth/device', access: 'session', handle: showDevice },
  { method: 'POST', path: '/auth/device', access: 'session', handle: postDevice },
  { method: 'POST', path: '/auth/device/code', access: 'client', handle: postDeviceCode },
  { method: 'POST', path: '/auth/revoke', access: 'client', handle: postRevoke },
]

const MAX_FORM_BYTES = 64 * 1024
const FORM = {
  maxBytes: MAX_FORM_BYTES,
  tooLarge: () =>
    new OciError('UNSUPPORTED', { status: 413, message: `the form may have at most ${MAX_FORM_BYTES} bytes` }),
}

/** Signing in with a browser: for people, and for their devices (RFC 8628). */
export function authPages(parts: AuthPageParts): Subtree {
  return {
    name: 'auth',
    prefix: '/auth/',
    answer: async (call) => {
      const found = findRoutes(call.path)
      const route = found.routes.find(({ method }) => method === call.request.method)
      if (found.routes.length === 0) return routeNotFound()
      if (route === undefined) return methodNotAllowed(found.routes.map(({ method }) => method))
      call.learned({ route: route.path.replace(':provider', '{provider}') })
      return answer(route, parts, call, found.provider)
    },
  }
}

function findRoutes(path: string): { routes: readonly AuthRoute[]; provider: string } {
  const match = /^(\/auth\/(?:login|callback)\/)([a-z0-9-]{1,64})$/.exec(path)
  const pattern = match === null ? path : `${match[1]}:provider`
  return { routes: AUTH_ROUTES.filter((route) => route.path === pattern), provider: match?.[2] ?? '' }
}

async function answer(route: AuthRoute, parts: AuthPageParts, call: Call, provider: string): Promise<Reply> {
  if (route.access === 'client')
    return route.handle({ parts, call, provider, form: await formOf(call), session: undefined })
  if (cookieName('', call.origin) === undefined) return needsHttps()
  try {
    return await answerBrowser(route, parts, call, provider)
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    const body = messageView(`${sentence(error.message)} Go back and try again.`, { href: HOME, text: 'Begin again' })
    return page({ status: error.status, title: 'That did not work', body, headers: error.headers })
  }
}

async function answerBrowser(route: AuthRoute, parts: AuthPageParts, call: Call, provider: string): Promise<Reply> {
  const changes = route.method === 'POST'
  if (changes) requireSameOrigin(call)
  const form = await formOf(call)
  const session = await parts.sessions.find(cookiesOf(call))
  if (session !== undefined) call.learned({ principal: session.principal })
  const visit: Visit = { parts, call, provider, form, session }
  if (route.access === 'form') requireFormToken(form, knownBrowserOf(call)?.csrf)
  if (route.access !== 'session') return route.handle(visit)
  if (session === undefined) return askToSignIn(visit, changes)
  if (changes) requireFormToken(form, session.csrf)
  return route.handle({ ...visit, session })
}

/** Comes back here afterwards. */
function askToSignIn(visit: Visit, changes: boolean): Reply {
  const { path, query } = visit.call
  if (changes) return signInPage(visit, { next: HOME, status: 401, problem: 'You are signed out. Sign in again.' })
  const here = nextPath(query.size === 0 ? path : `${path}?${query}`)
  return seeOther(`${HOME}?${new URLSearchParams({ next: here })}`)
}

async function formOf(call: Call): Promise<URLSearchParams> {
  if (call.request.method !== 'POST') return new URLSearchParams()
  return new URLSearchParams(new TextDecoder().decode(await readSmallBody(call, FORM)))
}

/** A password that anybody on the way could read is not asked for. */
function needsHttps(): Reply {
  const text =
    'Signing in with a browser needs HTTPS, so that nobody on the way can read the password. Where a proxy in front speaks HTTPS, set externalUrl to its address.'
  return page({ status: 403, title: 'This connection is not safe', body: messageView(text) })
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
