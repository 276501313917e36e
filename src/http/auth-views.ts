import type { DeviceCode } from '../auth/device-code-store.ts'
import type { OidcProvider } from '../auth/oidc.ts'
import { formatUserCode } from '../auth/user-code.ts'
import type { SignedIn } from '../auth/web-sessions.ts'
import { type Html, html } from './html.ts'

export interface SignInView {
  readonly csrf: string
  /** Where to go afterwards. */
  readonly next: string
  readonly providers: readonly OidcProvider[]
  /** What was typed before. */
  readonly username?: string
  readonly problem?: string
}

export function signInView({ csrf, next, providers, username = '', problem }: SignInView): Html {
  return html`${problemView(problem)}
    <form method="post" action="/auth/sign-in">
      ${hidden('csrf', csrf)}${hidden('next', next)}
      <label for="username">User name</label>
      <input
        id="username"
        name="username"
        value="${username}"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        maxlength="256"
        required
      />
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required />
      <button type="submit">Sign in</button>
    </form>
    ${providers.length === 0 ? undefined : html`<p class="or">or</p>`}
    ${providers.map(({ name, label }) => providerLink(name, `Sign in with ${label}`, next))}`
}

/** A link and not a form, so that the policy for forms can name nobody but us. */
function providerLink(name: string, text: string, next: string): Html {
  const query = new URLSearchParams({ next })
  return html`<a class="button plain" href="/auth/login/${name}?${query.toString()}">${text}</a> `
}

export function accountView({ principal, account, csrf }: SignedIn): Html {
  return html`<p>You are signed in.</p>
    <dl>
      <dt>User name</dt>
      <dd>${principal.name}</dd>
      <dt>Groups</dt>
      <dd>${account.groups.length === 0 ? 'none' : account.groups.join(', ')}</dd>
      ${
        account.systemRole === 'none'
          ? undefined
          : html`<dt>Role</dt>
              <dd>${account.systemRole}</dd>`
      }
    </dl>
    <a class="button plain" href="/auth/device">Sign in on another device</a>
    <form method="post" action="/auth/sign-out">
      ${hidden('csrf', csrf)}
      <button type="submit">Sign out</button>
    </form>`
}

export function enterCodeView(problem?: string): Html {
  return html`${problemView(problem)}
    <p>Type the code that the other device shows.</p>
    <form method="get" action="/auth/device">
      <label for="user_code">Code</label>
      <input
        id="user_code"
        name="user_code"
        placeholder="XXXX-XXXX"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
        maxlength="64"
        required
      />
      <button type="submit">Continue</button>
    </form>`
}

/** RFC 8628 §5.4: whoever approves has to know what, because somebody else may have sent the link. */
export function confirmView(code: DeviceCode, { principal, csrf }: SignedIn): Html {
  return html`<p>
      A program wants to act as <strong>${principal.name}</strong>. Approve it only if you began this yourself just now,
      and it shows this code:
    </p>
    <p class="code">${formatUserCode(code.userCode)}</p>
    <dl>
      <dt>It calls itself</dt>
      <dd>${code.client}</dd>
      <dt>Its address</dt>
      <dd>${code.address}</dd>
    </dl>
    <form method="post" action="/auth/device">
      ${hidden('csrf', csrf)}${hidden('user_code', formatUserCode(code.userCode))}
      <button type="submit" name="decision" value="approve">Approve</button>
      <button type="submit" name="decision" value="refuse" class="plain">Refuse</button>
    </form>`
}

export function messageView(text: string, link?: { readonly href: string; readonly text: string }): Html {
  return html`<p>${text}</p>
    ${link && html`<a class="button" href="${link.href}">${link.text}</a>`}`
}

function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`
}

function problemView(problem: string | undefined): Html | undefined {
  return problem === undefined ? undefined : html`<p class="problem" role="alert">${problem}</p>`
}
