import type { Accounts } from '../auth/accounts.ts'
import type { DeviceCodes } from '../auth/device-codes.ts'
import { parseNextPath } from '../auth/next-path.ts'
import type { OidcProvider } from '../auth/oidc.ts'
import type { People } from '../auth/people.ts'
import type { SignIn } from '../auth/sign-in.ts'
import type { BrowserCookies, SignedIn, WebSessions } from '../auth/web-sessions.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Call } from './call.ts'
import type { Reply } from './reply.ts'

/** What the pages for signing in stand on. */
export interface AuthPageParts {
  readonly signIn: SignIn
  readonly sessions: WebSessions
  readonly devices: DeviceCodes
  readonly people: People
  readonly accounts: Accounts
  /** A button each, in this order. */
  readonly oidc: readonly OidcProvider[]
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
  /** Told of a provider that could not be asked. */
  readonly onOutage: (provider: string, error: unknown) => void
}

/** A request below /auth/, on its way to what answers it. */
export interface Visit {
  readonly parts: AuthPageParts
  readonly call: Call
  /** What stands in the path for `:provider`. */
  readonly provider: string
  /** Empty where nothing was posted. */
  readonly form: URLSearchParams
  /** Whoever is signed in. */
  readonly session: SignedIn | undefined
}

export interface SessionVisit extends Visit {
  readonly session: SignedIn
}

interface RouteAddress {
  readonly method: 'GET' | 'POST'
  /** `:provider` stands for one part of it. */
  readonly path: string
}

/**
 * Who may. `public`: anybody. `form`: a browser that was shown the form, and not by another site. `session`: whoever is
 * signed in; where it changes something, with the token that our forms carry. `client`: any program, which is asked for
 * no cookie and proves what it must by itself.
 */
export type AuthRoute =
  | (RouteAddress & {
      readonly access: 'public' | 'form' | 'client'
      readonly handle: (visit: Visit) => Promise<Reply>
    })
  | (RouteAddress & { readonly access: 'session'; readonly handle: (visit: SessionVisit) => Promise<Reply> })

/** Where somebody is who has nowhere else to go. */
export const HOME = '/auth/'

/** Where a browser goes after signing in; with a link to elsewhere, to its account. */
export function nextPath(text: string | null): string {
  const path = parseNextPath(text ?? HOME)
  return path === '/' && text !== '/' ? HOME : path
}

export function cookiesOf({ request, origin }: Call): BrowserCookies {
  return { header: request.headers.get('cookie'), origin }
}
