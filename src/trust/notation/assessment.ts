import type { Check } from '../signature.ts'
import type { NotationTrust } from './anchor.ts'
import type { Certificate } from './certificate.ts'
import { checkValidity } from './certificate-rules.ts'
import { reasonOf } from './checks.ts'
import { matches } from './identity.ts'
import type { IntactSignature } from './integrity.ts'
import { type Action, actionsOf, type Validation } from './level.ts'
import { refuse } from './refusal.ts'
import { timestampChain } from './timestamp.ts'
import type { TimestampToken } from './timestamp-token.ts'

/** What one trust anchor says to a signature. */
export interface Assessment {
  readonly trusted: boolean
  readonly checks: readonly Check[]
  /** When it was made, as somebody whom the anchor trusts has proved. */
  readonly signedAt: Date | undefined
}

/** The same for every anchor that is asked about one signature. */
export interface Asked {
  readonly now: Date
  /** The time stamp, opened once. @throws Refusal */
  readonly stamp: () => TimestampToken
  /** Told what keys take. @throws Error: it is enough */
  readonly spend: (cost: number) => void
}

/** Notation's table: each validation is made, and enforced or only logged. An anchor that enforces none trusts nobody. */
export function assess(name: string, trust: NotationTrust, intact: IntactSignature, asked: Asked): Assessment {
  const { now } = asked
  const actions = actionsOf(trust.anchor.level, trust.anchor.override)
  const authenticity = outcomeOf(() => authenticityOf(trust, intact))
  // Whose signature is somebody else's need not be asked for more, least of all for what costs time.
  if (!authenticity.ok && actions.authenticity === 'enforce')
    return {
      trusted: false,
      checks: [checkOf(`${name}: authenticity`, authenticity, actions.authenticity)],
      signedAt: undefined,
    }
  const time = outcomeOf(() => timeOf(trust, intact, asked))
  const outcomes: Readonly<Record<Validation, Outcome>> = {
    authenticity,
    authenticTimestamp: time,
    expiry: outcomeOf(() => expiryOf(intact, now)),
    revocation: outcomeOf(() => revocationOf([...intact.chain, ...(time.found?.stampChain ?? [])], actions.revocation)),
  }
  const checks = VALIDATIONS.map(({ validation, title }) =>
    checkOf(`${name}: ${title}`, outcomes[validation], actions[validation]),
  )
  const accepted = VALIDATIONS.every(({ validation }) => actions[validation] !== 'enforce' || outcomes[validation].ok)
  return {
    // Notation lets a signature of anybody pass where authenticity is only logged: that is no trust.
    trusted: accepted && actions.authenticity === 'enforce',
    checks,
    signedAt: authenticity.ok ? time.found?.signedAt : undefined,
  }
}

const VALIDATIONS: readonly { readonly validation: Validation; readonly title: string }[] = [
  { validation: 'authenticity', title: 'authenticity' },
  { validation: 'authenticTimestamp', title: 'authentic timestamp' },
  { validation: 'expiry', title: 'expiry' },
  { validation: 'revocation', title: 'revocation' },
]

interface Finding {
  readonly detail: string
  readonly signedAt?: Date
  readonly stampChain?: readonly Certificate[]
}

interface Outcome {
  readonly ok: boolean
  readonly detail: string
  readonly found?: Finding
}

function outcomeOf(look: () => Finding): Outcome {
  try {
    const found = look()
    return { ok: true, detail: found.detail, found }
  } catch (error) {
    return { ok: false, detail: reasonOf(error) }
  }
}

function checkOf(name: string, { ok, detail }: Outcome, action: Action): Check {
  if (ok || action === 'enforce') return { name, ok, detail }
  return {
    name,
    ok,
    detail: `${detail} (${action === 'log' ? 'logged, not enforced' : 'skipped'}, as the anchor says)`,
  }
}

function authenticityOf({ stores, identities }: NotationTrust, { chain, scheme }: IntactSignature): Finding {
  const store = scheme === 'notary.x509' ? 'ca' : 'signingAuthority'
  const trusted = new Set(stores[store].map(({ thumbprint }) => thumbprint))
  if (!chain.some(({ thumbprint }) => trusted.has(thumbprint)))
    refuse(`none of the certificates is in the store ${store}`)
  const [leaf] = chain
  if (leaf === undefined || !identities.some((identity) => matches(identity, leaf.subject)))
    refuse(`${leaf?.subjectText} is none of the identities`)
  return { detail: `${leaf.subjectText}, of an authority in the store ${store}` }
}

function expiryOf({ envelope }: IntactSignature, now: Date): Finding {
  const { expiry } = envelope.attributes
  if (expiry === undefined) return { detail: 'the signature does not expire' }
  if (now >= expiry) refuse(`the signature expired at ${expiry.toISOString()}`)
  return { detail: `the signature expires at ${expiry.toISOString()}` }
}

function timeOf(trust: NotationTrust, { envelope, chain }: IntactSignature, { now, stamp, spend }: Asked): Finding {
  const { authenticSigningTime } = envelope.attributes
  if (authenticSigningTime !== undefined) {
    checkValidity(chain, authenticSigningTime, authenticSigningTime)
    const detail = `the certificates were valid at ${authenticSigningTime.toISOString()}, says the signing authority`
    return { detail, signedAt: authenticSigningTime }
  }
  if (!wantsTimestamp(trust, chain, now)) {
    checkValidity(chain, now, now)
    return { detail: 'the certificates are valid now' }
  }
  const token = stamp()
  const stampChain = timestampChain(token, trust.stores.tsa, spend)
  checkValidity(chain, token.time.earliest, token.time.latest)
  const when = token.time.at.toISOString()
  const detail = `the certificates were valid at ${when}, says the time stamp of ${token.signer.subjectText}`
  return { detail, signedAt: token.time.at, stampChain }
}

/** As notation decides: where there is a tsa store, always, or only once a certificate expired. */
function wantsTimestamp({ anchor, stores }: NotationTrust, chain: readonly Certificate[], now: Date): boolean {
  if (stores.tsa.length === 0) return false
  return anchor.verifyTimestamp !== 'afterCertExpiry' || chain.some(({ notAfter }) => now > notAfter)
}

/** Berth asks nobody: whether a certificate was revoked is unknown, unless it has nobody who could say so. */
function revocationOf(certificates: readonly Certificate[], action: Action): Finding {
  const revocable = certificates.filter(({ revocable }) => revocable)
  const [first] = revocable
  if (first === undefined) return { detail: 'no certificate names anybody who could revoke it' }
  const advice = action === 'enforce' ? '; "revocation": "log" or "skip" in the anchor accepts that' : ''
  return refuse(
    `not checked: ${first.subjectText} may have been revoked, and no OCSP responder or revocation list is asked${advice}`,
  )
}
