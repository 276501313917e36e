import { type KeyObject, constants, verify } from 'node:crypto'
import { type Certificate, parseCertificate } from './certificate.ts'
import { at, bytesOf, type Der, firstOid, membersOf, partsOf, readDer, tagged, withTag } from './der.ts'
import { MAX_CHAIN, MAX_TIMESTAMP_BYTES } from './envelope.ts'
import { digestOf, type Hash, hashOf, signatureWayOf } from './hashes.ts'
import { refuse, understand } from './refusal.ts'
import { parseStampInfo, type StampedTime } from './timestamp-info.ts'

/** A TimeStampToken whose signature holds, of a key that nobody has vouched for yet. */
export interface TimestampToken {
  readonly time: StampedTime
  readonly signer: Certificate
  /** Whatever certificates came with it. */
  readonly certificates: readonly Certificate[]
}

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'
const SET_TAG = 0x31

/**
 * RFC 3161 §2.4.2 with RFC 5816: a CMS SignedData of exactly one signer.
 * @throws Refusal unless it is about these bytes, and its own signature holds
 */
export function openTimestamp(
  token: Uint8Array,
  stamped: Uint8Array,
  beforeKey: (key: KeyObject) => void,
): TimestampToken {
  const der = readDer('the time stamp', token, MAX_TIMESTAMP_BYTES)
  return understand('the time stamp', () => open(der, stamped, beforeKey))
}

function open(der: Der, stamped: Uint8Array, beforeKey: (key: KeyObject) => void): TimestampToken {
  if (firstOid(der) !== SIGNED_DATA) refuse('the time stamp is not signed data')
  const data = partsOf(tagged(partsOf(der), 0)?.subs[0])
  const info = contentOf(at(data, 2))
  const certificates = certificatesOf(data)
  const signer = onlySigner(data.at(-1))
  const attributes = signedAttributesOf(signer)
  const hash = hashOf(at(signer, 2)) ?? refuse('the time stamp is made with SHA-1, or with an unknown hash')
  checkSignedContent(attributes, digestOf(hash, info))
  const certificate = signingCertificate(attributes, signer, certificates)
  beforeKey(certificate.key)
  if (!isSignedBy(certificate.key, signer, hash)) refuse('the signature of the time stamp does not hold')
  return { time: parseStampInfo(info, stamped), signer: certificate, certificates }
}

function contentOf(encapsulated: Der): Buffer {
  if (firstOid(encapsulated) !== TST_INFO) refuse('the time stamp holds something else than a time')
  return bytesOf(tagged(partsOf(encapsulated), 0)?.subs[0])
}

function certificatesOf(data: readonly Der[]): readonly Certificate[] {
  // Between the content and the signers: `[0]` certificates, `[1]` revocation lists.
  const bags = tagged(data.slice(3), 0)?.subs ?? []
  if (bags.length > MAX_CHAIN) refuse(`the time stamp has more than ${MAX_CHAIN} certificates`)
  return bags.map((bag) => parseCertificate(withTag(0x30, bag.value)))
}

/** Fields of the SignerInfo. */
function onlySigner(signers: Der | undefined): readonly Der[] {
  const [signer, another] = membersOf(signers)
  if (another !== undefined) refuse('the time stamp has more than one signer')
  return partsOf(signer ?? refuse('the time stamp has no signer'))
}

type Attributes = ReadonlyMap<string, Der>

function signedAttributesOf(signer: readonly Der[]): Attributes {
  const found = new Map<string, Der>()
  for (const attribute of tagged(signer.slice(3, 4), 0)?.subs ?? refuse('the time stamp has no signed attributes')) {
    const values = membersOf(at(partsOf(attribute), 1))
    const oid = firstOid(attribute)
    if (values.length !== 1 || found.has(oid)) refuse('the time stamp has an attribute of several values')
    found.set(oid, at(values, 0))
  }
  return found
}

function checkSignedContent(attributes: Attributes, digest: Buffer): void {
  if (attributes.get(CONTENT_TYPE)?.toOID() !== TST_INFO) refuse('the time stamp signs something else than a time')
  if (!bytesOf(attributes.get(MESSAGE_DIGEST)).equals(digest)) refuse('the time stamp was changed after it was signed')
}

/** The one that the signed attribute names by its hash, and the signer by issuer and serial number. */
function signingCertificate(
  attributes: Attributes,
  signer: readonly Der[],
  certificates: readonly Certificate[],
): Certificate {
  const attribute = attributes.get(SIGNING_CERTIFICATE_V2)
  if (attribute === undefined)
    refuse('the time stamp does not sign which certificate it is of (signing-certificate-v2)')
  const named = partsOf(at(partsOf(at(partsOf(attribute), 0)), 0))
  const algorithm = named.find(({ tag }) => !tag.isOctetString())
  // Absent is SHA-256; what follows the hash is the issuer and serial number, a sequence as well.
  const hash = algorithm === named[0] ? hashOf(algorithm) : 'sha256'
  const expected = bytesOf(named.find(({ tag }) => tag.isOctetString()))
  const found = certificates.find(({ x509 }) => hash !== undefined && digestOf(hash, x509.raw).equals(expected))
  if (found === undefined) refuse('the certificate of the time stamp is not in it')
  if (!isNamedBy(found, at(signer, 1))) refuse('the time stamp names two different certificates')
  return found
}

/** RFC 5652 §5.3: by issuer and serial number, or by `[0]` the identifier of its key, which nothing here relies on. */
function isNamedBy({ issuerBytes, serial }: Certificate, identifier: Der): boolean {
  if (identifier.tag.isContextSpecific(0)) return true
  const [issuer, number] = partsOf(identifier)
  return issuer?.value.equals(issuerBytes) === true && number?.value.equals(serial) === true
}

function isSignedBy(key: KeyObject, signer: readonly Der[], hash: Hash): boolean {
  const way = signatureWayOf(at(signer, 4)) ?? refuse('the time stamp is signed in an unknown way')
  const signed = withTag(SET_TAG, at(signer, 3).value)
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
  try {
    return verify(way.hash ?? hash, signed, { key, ...(way.padding === 'pss' ? pss : {}) }, bytesOf(at(signer, 5)))
  } catch {
    return false
  }
}
