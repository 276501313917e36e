import type { OidcProviderConfig } from '../config/sign-in.ts'
import type { Identity } from './identity-provider.ts'

type Claims = Readonly<Record<string, unknown>>

/** From the id token, and from the userinfo endpoint when that was asked. */
export interface ClaimSources {
  readonly idToken: Claims
  readonly userInfo?: Claims | undefined
}

const MAX_GROUPS = 500
const MAX_TEXT = 255
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** Whether the id token leaves open what the userinfo endpoint may know. */
export function lacksClaims(idToken: Claims, config: OidcProviderConfig): boolean {
  return [config.nameClaim, config.groupsClaim, 'email'].some((claim) => !Object.hasOwn(idToken, claim))
}

/** @throws Error when the claims name nobody */
export function identityFrom(sources: ClaimSources, provider: string, config: OidcProviderConfig): Identity {
  const subject = sources.idToken.sub
  if (!isText(subject)) throw new Error('the claim "sub" is not a text of 1 to 255 characters')
  const { email, vouched } = emailOf(sources)
  const name = claimOf(sources, config.nameClaim)
  const localPart = email?.split('@')[0]
  const groups = groupsOf(claimOf(sources, config.groupsClaim))
  return {
    provider,
    subject,
    name: isText(name) ? name : localPart || subject,
    ...(email !== undefined && (vouched || config.trustEmail) ? { email } : {}),
    groups,
  }
}

/** An address and whether it is verified, both from the same source: either alone may be about another address. */
function emailOf({ idToken, userInfo }: ClaimSources): { email: string | undefined; vouched: boolean } {
  const source = Object.hasOwn(idToken, 'email') ? idToken : userInfo
  const email = source?.email
  const usable = isText(email) && /^[^@\s]+@[^@\s]+$/.test(email)
  return { email: usable ? email.toLowerCase() : undefined, vouched: source?.email_verified === true }
}

/** The id token is signed and meant for us, so it wins. */
function claimOf({ idToken, userInfo }: ClaimSources, name: string): unknown {
  if (Object.hasOwn(idToken, name)) return idToken[name]
  return userInfo !== undefined && Object.hasOwn(userInfo, name) ? userInfo[name] : undefined
}

/** No claim is no group rather than no news, so that what was taken away goes. */
function groupsOf(claim: unknown): string[] {
  const texts: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  return [...new Set(texts.filter(isText))].slice(0, MAX_GROUPS)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT && !CONTROL.test(value)
}
