import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { shown } from '../words.ts'
import { at, bytesOf, type Der, firstOid, partsOf, readDer, tagged } from './der.ts'
import { type DistinguishedName, formatName, nameOf } from './distinguished-name.ts'
import { type SignatureWay, signatureWayOf } from './hashes.ts'
import { refuse, understand } from './refusal.ts'

/** What the rules of notation look at in a certificate; they ignore every other extension. */
export interface Certificate {
  readonly x509: X509Certificate
  /** SHA-256 of its bytes, in lower-case hexadecimal digits. */
  readonly thumbprint: string
  readonly subject: DistinguishedName
  readonly subjectText: string
  readonly issuerText: string
  /** The names as they are encoded: what issuing is judged by. */
  readonly subjectBytes: Buffer
  readonly issuerBytes: Buffer
  readonly serial: Buffer
  readonly key: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  /** Undefined: signed with SHA-1, or in a way that is not known here. */
  readonly signedWith: SignatureWay | undefined
  readonly keyUsage: KeyUsage | undefined
  readonly extendedKeyUsage: ExtendedKeyUsage | undefined
  readonly basicConstraints: BasicConstraints | undefined
  /** It names an OCSP responder or a revocation list. */
  readonly revocable: boolean
}

interface KeyUsage {
  readonly critical: boolean
  /** By bit: 0 is digitalSignature, 5 is keyCertSign. */
  readonly bits: readonly boolean[]
}

interface ExtendedKeyUsage {
  readonly critical: boolean
  readonly purposes: readonly string[]
}

interface BasicConstraints {
  readonly critical: boolean
  readonly ca: boolean
  readonly pathLength: number | undefined
}

const MAX_CERTIFICATE_BYTES = 64 * 1024

const KEY_USAGE = '2.5.29.15'
const BASIC_CONSTRAINTS = '2.5.29.19'
const CRL_DISTRIBUTION_POINTS = '2.5.29.31'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const AUTHORITY_INFORMATION = '1.3.6.1.5.5.7.1.1'
const OCSP = '1.3.6.1.5.5.7.48.1'

/** @throws Refusal */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const der = readDer('a certificate', bytes, MAX_CERTIFICATE_BYTES)
  return understand('a certificate', () => readCertificate(der, new X509Certificate(Buffer.from(bytes))))
}

function readCertificate(der: Der, x509: X509Certificate): Certificate {
  const [body, signatureAlgorithm] = partsOf(der)
  const all = partsOf(body)
  // The version comes first, and is left out of a certificate of version 1.
  const fields = tagged(all.slice(0, 1), 0) === undefined ? all : all.slice(1)
  const [serial, issuer, subject] = [at(fields, 0), at(fields, 2), at(fields, 4)]
  const validity = partsOf(at(fields, 3))
  const extensions = extensionsOf(tagged(fields, 3))
  const subjectName = nameOf(subject)
  return {
    x509,
    thumbprint: createHash('sha256').update(x509.raw).digest('hex'),
    subject: subjectName,
    subjectText: shown(formatName(subjectName)),
    issuerText: shown(formatName(nameOf(issuer))),
    subjectBytes: subject.value,
    issuerBytes: issuer.value,
    serial: serial.value,
    key: x509.publicKey,
    notBefore: momentOf(at(validity, 0)),
    notAfter: momentOf(at(validity, 1)),
    signedWith: signatureWayOf(signatureAlgorithm),
    keyUsage: keyUsageOf(extensions.get(KEY_USAGE)),
    extendedKeyUsage: extendedKeyUsageOf(extensions.get(EXTENDED_KEY_USAGE)),
    basicConstraints: basicConstraintsOf(extensions.get(BASIC_CONSTRAINTS)),
    revocable: extensions.has(CRL_DISTRIBUTION_POINTS) || namesOcsp(extensions.get(AUTHORITY_INFORMATION)),
  }
}

function momentOf(value: Der): Date {
  const date = value.toDate()
  // Month 13 makes no date, and no date is neither before nor after anything.
  if (Number.isNaN(date.getTime())) refuse('a certificate has a date that does not exist')
  return date
}

interface Extension {
  readonly critical: boolean
  readonly bytes: Buffer
}

function extensionsOf(value: Der | undefined): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>()
  if (value === undefined) return found
  for (const extension of partsOf(value.subs[0])) {
    const parts = partsOf(extension)
    const oid = firstOid(extension)
    if (found.has(oid)) refuse(`a certificate has the extension ${oid} twice`)
    found.set(oid, { critical: parts.length > 2 && at(parts, 1).toBoolean(), bytes: bytesOf(parts.at(-1)) })
  }
  return found
}

function insideOf({ bytes }: Extension): Der {
  return readDer('an extension of a certificate', bytes, MAX_CERTIFICATE_BYTES)
}

function keyUsageOf(extension: Extension | undefined): KeyUsage | undefined {
  if (extension === undefined) return undefined
  const bits = insideOf(extension)
    .toBitString()
    .map((bit) => bit === 1)
  return { critical: extension.critical, bits }
}

function extendedKeyUsageOf(extension: Extension | undefined): ExtendedKeyUsage | undefined {
  if (extension === undefined) return undefined
  return { critical: extension.critical, purposes: partsOf(insideOf(extension)).map((purpose) => purpose.toOID()) }
}

function basicConstraintsOf(extension: Extension | undefined): BasicConstraints | undefined {
  if (extension === undefined) return undefined
  const parts = partsOf(insideOf(extension))
  const length = parts.find(({ tag }) => tag.isInteger())
  return {
    critical: extension.critical,
    ca: parts.find(({ tag }) => tag.isBoolean())?.toBoolean() ?? false,
    pathLength: length === undefined ? undefined : Number(length.toInteger()),
  }
}

function namesOcsp(extension: Extension | undefined): boolean {
  return extension !== undefined && partsOf(insideOf(extension)).some((access) => firstOid(access) === OCSP)
}

/** Whether a certificate says so, and its issuer's key agrees. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!certificate.issuerBytes.equals(issuer.subjectBytes)) return false
  try {
    return certificate.x509.verify(issuer.key)
  } catch {
    return false
  }
}

export function isSelfSigned(certificate: Certificate): boolean {
  return isIssuedBy(certificate, certificate)
}
