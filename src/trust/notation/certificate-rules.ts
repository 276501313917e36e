import { type Certificate, isIssuedBy, isSelfSigned } from './certificate.ts'
import { costOfKey } from '../key-cost.ts'
import { refuse } from './refusal.ts'

/** What a chain is for; the rules of both are those of notation's signature specification, "Certificate Requirements". */
export type ChainUse = 'code signing' | 'time stamping'

const DIGITAL_SIGNATURE = 0
const KEY_CERT_SIGN = 5
/** What the key of a leaf is not for, by bit. */
const NOT_FOR_LEAVES: Readonly<Record<number, string>> = {
  2: 'keyEncipherment',
  3: 'dataEncipherment',
  4: 'keyAgreement',
  5: 'keyCertSign',
  6: 'cRLSign',
  7: 'encipherOnly',
  8: 'decipherOnly',
}

const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
/** OCSPSigning is not in the specification; notation refuses it as well. */
const NOT_FOR_CODE: Readonly<Record<string, string>> = {
  '2.5.29.37.0': 'anyExtendedKeyUsage',
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  [TIME_STAMPING]: 'timeStamping',
}

/** Leaf first, complete up to a root, each issued by the next. @throws Refusal */
export function checkChain(chain: readonly Certificate[], use: ChainUse): void {
  const [leaf] = chain
  const root = chain.at(-1)
  if (leaf === undefined || root === undefined) refuse('there is no certificate')
  for (const certificate of chain) checkStrength(certificate)
  // From the top: who puts certificates of somebody who is trusted above his own comes no further than there.
  for (const [index, certificate] of [...chain.slice(0, -1).entries()].reverse())
    checkIssuer(certificate, chain[index + 1])
  if (!isSelfSigned(root))
    refuse(`the chain is not complete: ${root.subjectText}, the last one, is not a root that signed itself`)
  checkLeaf(leaf, use)
  // A lone certificate that signed itself follows the rules of a leaf.
  for (const [index, certificate] of chain.slice(1).entries()) checkAuthority(certificate, index, use)
}

function checkStrength(certificate: Certificate): void {
  const { subjectText, signedWith } = certificate
  if (signedWith === undefined) refuse(`the certificate of ${subjectText} is signed with SHA-1, or in an unknown way`)
  if (!isStrong(certificate)) refuse(`the key of ${subjectText} is of an unknown kind, or too short`)
}

const MIN_RSA_BITS = 2048

function isStrong({ key }: Certificate): boolean {
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= MIN_RSA_BITS && Number.isFinite(costOfKey(key))
  // Only authorities sign with it: it is no algorithm of a signature.
  if (key.asymmetricKeyType === 'ed25519') return true
  return key.asymmetricKeyType === 'ec' && Number.isFinite(costOfKey(key))
}

function checkIssuer(certificate: Certificate, issuer: Certificate | undefined): void {
  const { subjectText } = certificate
  if (isSelfSigned(certificate)) refuse(`${subjectText} signed itself, and is not the last of the chain`)
  if (issuer === undefined || !isIssuedBy(certificate, issuer))
    refuse(`the certificate of ${subjectText} is not issued by the next one of the chain`)
}

function checkAuthority(certificate: Certificate, below: number, use: ChainUse): void {
  const { subjectText, basicConstraints, keyUsage } = certificate
  if (basicConstraints === undefined || !basicConstraints.critical || !basicConstraints.ca)
    refuse(`${subjectText} is not marked as an authority (basicConstraints, critical, cA)`)
  if (basicConstraints.pathLength !== undefined && basicConstraints.pathLength < below)
    refuse(`${subjectText} allows ${basicConstraints.pathLength} authorities below it, and there are ${below}`)
  if (keyUsage === undefined) refuse(`the certificate of ${subjectText} has no keyUsage`)
  if (use === 'code signing' && !keyUsage.critical) refuse(`the keyUsage of ${subjectText} is not marked critical`)
  if (keyUsage.bits[KEY_CERT_SIGN] !== true) refuse(`the key of ${subjectText} is not for certificates (keyCertSign)`)
}

function checkLeaf(certificate: Certificate, use: ChainUse): void {
  const { subjectText, basicConstraints } = certificate
  if (basicConstraints?.ca === true) refuse(`${subjectText}, which signed, is marked as an authority (cA)`)
  checkLeafUsage(certificate, use)
  if (use === 'time stamping') checkStampPurpose(certificate)
  else checkCodePurpose(certificate)
}

function checkLeafUsage({ subjectText, keyUsage }: Certificate, use: ChainUse): void {
  if (keyUsage === undefined) refuse(`the certificate of ${subjectText} has no keyUsage`)
  if (use === 'code signing' && !keyUsage.critical) refuse(`the keyUsage of ${subjectText} is not marked critical`)
  if (keyUsage.bits[DIGITAL_SIGNATURE] !== true) refuse(`the key of ${subjectText} is not for signatures`)
  const wrong = Object.entries(NOT_FOR_LEAVES).find(([bit]) => keyUsage.bits[Number(bit)] === true)
  if (wrong !== undefined) refuse(`the key of ${subjectText} is also for ${wrong[1]}`)
}

function checkCodePurpose({ subjectText, extendedKeyUsage }: Certificate): void {
  const wrong = extendedKeyUsage?.purposes.find((purpose) => Object.hasOwn(NOT_FOR_CODE, purpose))
  if (wrong !== undefined) refuse(`the key of ${subjectText} is for ${NOT_FOR_CODE[wrong]} (extendedKeyUsage)`)
}

function checkStampPurpose({ subjectText, extendedKeyUsage }: Certificate): void {
  const purposes = extendedKeyUsage?.purposes ?? []
  if (extendedKeyUsage?.critical !== true || purposes.length !== 1 || purposes[0] !== TIME_STAMPING)
    refuse(`the key of ${subjectText} is not for time stamps and nothing else (extendedKeyUsage, critical)`)
}

/** What `checkChain` takes at most. */
export function costOfChecking(chain: readonly Certificate[]): number {
  return chain.reduce((sum, { key }) => sum + 2 * costOfKey(key), 0)
}

/** Every certificate is valid from the one time to the other. @throws Refusal */
export function checkValidity(chain: readonly Certificate[], from: Date, to: Date): void {
  for (const { subjectText, notBefore, notAfter } of chain) {
    if (from < notBefore) refuse(`the certificate of ${subjectText} is valid from ${notBefore.toISOString()} on only`)
    if (to > notAfter) refuse(`the certificate of ${subjectText} expired at ${notAfter.toISOString()}`)
  }
}
