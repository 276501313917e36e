import type { X509Certificate } from '@sigstore/core'
import { Rejection } from '../rejection.ts'

/** Who a certificate is for, and who says that he proved it. */
export interface CertificateIdentity {
  readonly identity: string
  readonly issuer: string | undefined
}

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'
const ISSUER = '1.3.6.1.4.1.57264.1.8'
const OLDER_ISSUER = '1.3.6.1.4.1.57264.1.1'
/** Tags of a general name. */
const EMAIL = 1
const URI = 6
const MAX_IDENTITY = 2048

/**
 * Read here and not by the library, which looks at one of several names, and takes bytes beyond ASCII for letters.
 * @throws Rejection
 */
export function identityOf(certificate: X509Certificate): CertificateIdentity {
  const names = certificate.extension(SUBJECT_ALTERNATIVE_NAME)?.valueObj.subs[0]?.subs ?? []
  const [name, ...others] = names
  if (name === undefined || others.length > 0)
    throw new Rejection('identity', `the certificate is for ${names.length} names; one is expected`)
  if (!name.tag.isContextSpecific(EMAIL) && !name.tag.isContextSpecific(URI))
    throw new Rejection('identity', 'the certificate is neither for an e-mail address nor for a URI')
  return { identity: asciiOf(name.value), issuer: issuerOf(certificate) }
}

function issuerOf(certificate: X509Certificate): string | undefined {
  const newer = certificate.extension(ISSUER)?.valueObj.subs[0]?.value
  const bytes = newer ?? certificate.extension(OLDER_ISSUER)?.value
  return bytes && asciiOf(bytes)
}

function asciiOf(bytes: Uint8Array): string {
  const isPlain = bytes.length <= MAX_IDENTITY && bytes.every((byte) => byte > 0x20 && byte < 0x7f)
  if (!isPlain) throw new Rejection('identity', 'the certificate is for a name that cannot be compared')
  return Buffer.from(bytes).toString('latin1')
}

/** Sigstore's client specification: a leaf that may sign code, and nothing above it. @throws Rejection */
export function requireSigningUse(certificate: X509Certificate): void {
  const usages = certificate.extension(EXTENDED_KEY_USAGE)?.valueObj.subs[0]?.subs.map((each) => each.toOID()) ?? []
  if (!usages.includes(CODE_SIGNING)) throw new Rejection('certificate', 'the certificate is not for signing code')
  if (certificate.extBasicConstraints?.isCA === true)
    throw new Rejection('certificate', 'the certificate is that of an authority')
  const usage = certificate.extKeyUsage
  if (usage !== undefined && !usage.digitalSignature)
    throw new Rejection('certificate', 'the certificate is not for signatures')
}
