import type { Principal } from '../auth/principal.ts'
import { isSecret } from '../auth/secrets.ts'
import { SignInUnavailable } from '../auth/sign-in.ts'
import { OciError } from '../oci/errors.ts'
import { accountView, signInView } from './auth-views.ts'
import { cookiesOf, HOME, nextPath, type SessionVisit, type Visit } from './auth-visit.ts'
import { page, seeOther } from './page.ts'
import type { Reply } from './reply.ts'
import { browserOf } from './same-site.ts'

export async function showHome(visit: Visit): Promise<Reply> {
  const { session, call } = visit
  if (session === undefined) return signInPage(visit, { next: nextPath(call.query.get('next')) })
  return page({ title: 'Your account', body: accountView(session) })
}

interface SignInPage {
  readonly next: string
  readonly username?: string
  readonly status?: number
  readonly problem?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The form, with the cookie that its token belongs to. */
export function signInPage({ parts, call }: Visit, { status, headers, ...view }: SignInPage): Reply {
  const browser = browserOf(call)
  return page({
    ...(status === undefined ? {} : { status }),
    title: 'Sign in',
    body: signInView({ ...view, csrf: browser?.csrf ?? '', providers: parts.oidc }),
    headers: { ...headers, ...(browser === undefined ? {} : { 'set-cookie': browser.setCookie }) },
  })
}

export async function postSignIn(visit: Visit): Promise<Reply> {
  const { parts, call, form } = visit
  const [username, password] = [form.get('username') ?? '', form.get('password') ?? '']
  const next = nextPath(form.get('next'))
  // They would be good, but for less than a browser may do: looked up, they would stand in the audit as a sign-in.
  if (isSecret(password, 'key') || isSecret(password, 'robot'))
    return signInPage(visit, { next, username, status: 401, problem: 'Keys are for programs; type your password.' })
  try {
    const principal = await parts.signIn.signIn({ username, password }, call.signInContext('browser'))
    call.learned({ principal })
    if (principal.kind === 'user' && principal.key === undefined) return await enter(visit, principal.id, next)
    await noteProgram(visit, principal)
    return signInPage(visit, { next, username, status: 401, problem: WRONG })
  } catch (error) {
    const problem = problemOf(error)
    if (problem === undefined) throw error
    return signInPage(visit, { next, username, ...problem })
  }
}

/** A token of a CI job, for one: it was good, and its row says so; that it came to nothing is another. */
async function noteProgram({ parts, call }: Visit, { id, name }: Principal): Promise<void> {
  await parts.recorder.note({
    actor: { id, name, address: call.signInContext('browser').address },
    action: 'sign-in',
    target: 'registry',
    outcome: 'refused',
    detail: { for: 'browser', reason: 'not a person' },
  })
}

const WRONG = 'The user name or password is wrong.'

function problemOf(error: unknown): Omit<SignInPage, 'next'> | undefined {
  if (error instanceof SignInUnavailable)
    return { status: 503, problem: 'Signing in is not possible at the moment. Try again in a while.' }
  if (!(error instanceof OciError)) return undefined
  if (error.code === 'UNAUTHORIZED') return { status: 401, problem: WRONG }
  if (error.code !== 'TOOMANYREQUESTS') return undefined
  return { status: 429, problem: waitFor(error, 'There were many wrong passwords.'), headers: error.headers }
}

/** Kinder than a number of seconds alone. */
export function waitFor({ headers }: OciError, why: string): string {
  const seconds = Number(headers['retry-after'] ?? '1')
  const minutes = Math.ceil(seconds / 60)
  const time = seconds < 60 ? `${seconds} s` : minutes === 1 ? 'a minute' : `${minutes} minutes`
  return `${why} Please wait ${time}, then try again.`
}

/** Signs a browser in, in place of whoever was signed in with it. */
export async function enter({ parts, call }: Visit, principalId: string, next: string): Promise<Reply> {
  const session = await parts.sessions.begin(principalId.slice('user:'.length), cookiesOf(call))
  return seeOther(next, session?.setCookie)
}

export async function postSignOut({ parts, call, session }: SessionVisit): Promise<Reply> {
  const { id, name } = session.principal
  const ended = await parts.sessions.end(cookiesOf(call))
  await parts.recorder.note({
    actor: { id, name, address: call.signInContext('browser').address },
    action: 'sign-out',
    target: 'registry',
    outcome: 'done',
    detail: { for: 'browser' },
  })
  return seeOther(HOME, ended?.setCookie)
}
