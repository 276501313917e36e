import type { X509Certificate } from '@sigstore/core'
import type { SignedEntity, TrustMaterial } from '@sigstore/verify'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { Rejection } from '../verdict.ts'
import { mayHaveIssued } from './issuing.ts'

/** What verifying with a key takes, with P-256 as the measure: about a tenth of a millisecond. */
const CURVES: Readonly<Record<string, number>> = { prime256v1: 1, secp384r1: 7, secp521r1: 16 }
const MAX_RSA_BITS = 8192
const OTHERS = 2
/** One signature against one root, in one go, while nobody else has a turn. */
const MAX_COST = 400

/** @throws Rejection: of a kind that nobody signs with */
export function costOfKey(key: KeyObject): number {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const cost = key.asymmetricKeyType === 'ec' ? CURVES[namedCurve] : OTHERS
  if (cost === undefined || modulusLength > MAX_RSA_BITS)
    throw new Rejection('certificate', 'a key is of an unknown kind, or too long')
  return cost
}

/**
 * The library holds each time against each authority, and each entry against each log, without an end: what would take
 * long is refused before. @throws Rejection
 */
export function requireCheap(
  { timestamps, tlogEntries }: SignedEntity,
  leaf: X509Certificate,
  by: TrustMaterial,
): void {
  const chains = by.certificateAuthorities.reduce((sum, { certChain }) => {
    const ways = certChain.filter((each) => mayHaveIssued(each, leaf)).length
    return sum + ways * costOfChain(certChain)
  }, 0)
  const own = costOfCertificate(leaf)
  const clocks = timestamps.reduce((sum, each) => {
    if (each.$case !== 'timestamp-authority') return sum
    const { signerSerialNumber, signerIssuer } = each.timestamp
    const asked = by.timestampAuthorities.filter(
      ({ certChain: [first] }) => first?.serialNumber.equals(signerSerialNumber) && first.issuer.equals(signerIssuer),
    )
    return sum + asked.reduce((more, { certChain }) => more + costOfChain(certChain), 0)
  }, 0)
  const logs = tlogEntries.reduce((sum, { logId, inclusionProof }) => {
    // A line of a checkpoint begins with a dash of this kind.
    const lines = inclusionProof?.checkpoint?.envelope.split('\u2014').length ?? 1
    return sum + lines * costOfLogs(by.tlogs.filter(({ logID }) => logID.equals(logId.keyId)))
  }, 0)
  const promised = leaf.extSCT?.signedCertificateTimestamps ?? []
  const promises = promised.reduce(
    (sum, { logID }) => sum + costOfLogs(by.ctlogs.filter((log) => log.logID.equals(logID))),
    0,
  )
  if (timestamps.length * chains + clocks + logs + promises + own > MAX_COST)
    throw new Rejection('form', 'it brings more times, entries and promises than anybody looks at')
}

function costOfCertificate({ publicKey }: X509Certificate): number {
  return costOfKey(createPublicKey({ key: publicKey, format: 'der', type: 'spki' }))
}

const known = new WeakMap<readonly X509Certificate[], number>()

/** To get from each certificate to the end: each is held against every other that may have issued it. @throws Rejection */
export function costOfChain(chain: readonly X509Certificate[]): number {
  const cost =
    known.get(chain) ??
    chain
      .flatMap((each) => [each, ...chain.filter((issuer) => mayHaveIssued(issuer, each))])
      .reduce((sum, each) => sum + costOfCertificate(each), 0)
  known.set(chain, cost)
  return cost
}

function costOfLogs(logs: TrustMaterial['tlogs']): number {
  return logs.reduce((sum, { publicKey }) => sum + costOfKey(publicKey), 0)
}
