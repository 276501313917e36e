import type { X509Certificate } from '@sigstore/core'
import type { SignedEntity, TrustMaterial } from '@sigstore/verify'
import { createPublicKey } from 'node:crypto'
import { costOfKey } from '../key-cost.ts'
import { Rejection } from '../rejection.ts'
import { mayHaveIssued } from './issuing.ts'

/** One signature against one root, in one go, while nobody else has a turn. */
const MAX_COST = 400

/**
 * The library holds each time against each authority, and each entry against each log, without an end: what would take
 * long is refused before. @throws Rejection
 */
export function requireCheap(
  { timestamps, tlogEntries }: SignedEntity,
  leaf: X509Certificate,
  by: TrustMaterial,
): number {
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
  const cost = timestamps.length * chains + clocks + logs + promises + own
  if (cost > MAX_COST) throw new Rejection('form', 'it brings more times, entries and promises than anybody looks at')
  return cost
}

function costOfCertificate({ publicKey }: X509Certificate): number {
  return costOfKey(createPublicKey({ key: publicKey, format: 'der', type: 'spki' }))
}

const known = new WeakMap<readonly X509Certificate[], number>()

/** To get from each certificate to the end: each is held against every other that may have issued it. */
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
