import { z } from 'zod'
import { Problem } from '../../lib/problem.ts'
import { type Certificate, isSelfSigned, parseCertificate } from './certificate.ts'
import { type Identity, overlap, parseIdentity } from './identity.ts'
import { LEVELS } from './level.ts'
import { Refusal } from './refusal.ts'

const MAX_CERTIFICATES = 64
/** Of each it is verified that it signed itself. */
const MAX_CLOCKS = 16
const MAX_IDENTITIES = 64

/** One certificate in PEM, or several one after the other. */
const pem = z
  .string()
  .min(1)
  .max(256 * 1024)
const store = z.array(pem).min(1).max(MAX_CERTIFICATES)

const orLog = z.enum(['enforce', 'log'])

/**
 * Who is trusted to sign with notation: what a statement of its trust policy says, with the certificates of its trust
 * stores beside it. The words are those of notation's trust policy specification.
 */
export const notationAnchorSchema = z.strictObject({
  certificates: z
    .strictObject({
      ca: store.optional().describe('roots of signers (signing scheme notary.x509), in PEM'),
      signingAuthority: store
        .optional()
        .describe('roots of signing authorities (notary.x509.signingAuthority), in PEM'),
      tsa: store.optional().describe('roots of time stamping authorities, in PEM'),
    })
    .describe('the trust stores'),
  identities: z
    .array(z.string().min(1).max(1024))
    .min(1)
    .max(MAX_IDENTITIES)
    .describe('whose certificates: "*", or subjects such as "x509.subject: C=US, ST=WA, O=example"'),
  level: z.enum(LEVELS).describe('what is enforced; audit trusts nobody, and only reports'),
  verifyTimestamp: z
    .enum(['always', 'afterCertExpiry'])
    .optional()
    .describe('whether a time stamp is wanted while the certificates are valid; needs a tsa store'),
  override: z
    .strictObject({
      authenticity: orLog.optional(),
      authenticTimestamp: orLog.optional(),
      expiry: orLog.optional(),
      revocation: z.enum(['enforce', 'log', 'skip']).optional(),
    })
    .optional()
    .describe('what is enforced in another way than the level says'),
})

export type NotationAnchor = z.infer<typeof notationAnchorSchema>

export type StoreName = keyof NotationAnchor['certificates']

/** An anchor that can be verified with. */
export interface NotationTrust {
  readonly anchor: NotationAnchor
  readonly stores: Readonly<Record<StoreName, readonly Certificate[]>>
  readonly identities: readonly Identity[]
}

/** @throws Problem, with what is wrong and where */
export function parseNotationAnchor(body: unknown): NotationAnchor {
  return readNotationAnchor(body).anchor
}

/** @throws Problem */
export function readNotationAnchor(body: unknown): NotationTrust {
  const parsed = notationAnchorSchema.safeParse(body)
  if (!parsed.success) throw new Problem('invalid', `not a trust anchor of notation: ${z.prettifyError(parsed.error)}`)
  const { certificates, identities, verifyTimestamp } = parsed.data
  const stores = {
    ca: readStore('ca', certificates.ca),
    signingAuthority: readStore('signingAuthority', certificates.signingAuthority),
    tsa: readStore('tsa', certificates.tsa),
  }
  if (stores.ca.length + stores.signingAuthority.length === 0)
    throw new Problem('invalid', 'a trust anchor of notation has certificates of ca or of signingAuthority')
  if (verifyTimestamp !== undefined && stores.tsa.length === 0)
    throw new Problem('invalid', 'verifyTimestamp needs certificates of tsa')
  return { anchor: parsed.data, stores, identities: readIdentities(identities) }
}

function readIdentities(texts: readonly string[]): readonly Identity[] {
  const identities = texts.map(parseIdentity)
  for (const [index, one] of identities.entries()) {
    const other = identities.findIndex((candidate, at) => at > index && overlap(one, candidate))
    if (other !== -1)
      throw new Problem(
        'invalid',
        `the identities ${texts[index]} and ${texts[other]} overlap: one of them says it all`,
      )
  }
  return identities
}

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g

function readStore(name: StoreName, texts: readonly string[] = []): readonly Certificate[] {
  const most = name === 'tsa' ? MAX_CLOCKS : MAX_CERTIFICATES
  let count = 0
  const certificates = texts.flatMap((text, index) => {
    const found = [...text.matchAll(PEM)].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
    count += found.length
    // Before any of them is looked at.
    if (count > most) throw new Problem('invalid', `certificates.${name} has more than ${most} certificates`)
    if (found.length === 0) throw new Problem('invalid', `certificates.${name}.${index} has no certificate in PEM`)
    return found.map((bytes) => readRoot(`certificates.${name}.${index}`, name, bytes))
  })
  return certificates
}

function readRoot(where: string, name: StoreName, bytes: Uint8Array): Certificate {
  const certificate = parseOne(where, bytes)
  const ca = certificate.basicConstraints?.ca === true
  // What somebody else issued, and issues nothing, would be a pin that breaks with its next renewal.
  if (name === 'tsa' ? ca && isSelfSigned(certificate) : ca || isSelfSigned(certificate)) return certificate
  const rule = name === 'tsa' ? 'a root that signed itself' : 'of an authority, and did not sign itself'
  throw new Problem('invalid', `${where}: the certificate of ${certificate.subjectText} is not ${rule}`)
}

function parseOne(where: string, bytes: Uint8Array): Certificate {
  try {
    return parseCertificate(bytes)
  } catch (error) {
    if (error instanceof Refusal) throw new Problem('invalid', `${where}: ${error.message}`)
    throw error
  }
}
