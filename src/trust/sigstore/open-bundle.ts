import type { Bundle } from '@sigstore/bundle'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { keyDigest } from '../public-key.ts'
import { type ReadyAnchor, readyAnchors } from '../ready-anchors.ts'
import type { Candidate, LookingAt } from '../signature.ts'
import { judge, passed, rejected, type Seen } from '../verdict.ts'
import { certificateOf } from './bundle.ts'
import { identityOf } from './certificate.ts'
import { acceptBundle } from './verify-bundle.ts'

interface Read {
  readonly bundle: Bundle
  readonly artifact: Uint8Array | undefined
  readonly predicateType: string | undefined
}

/** A bundle that is about the subject */
export async function openBundle(
  about: Omit<Seen, 'checks' | 'predicateType'>,
  { bundle, artifact, predicateType }: Read,
  { anchors, now, effort }: LookingAt,
): Promise<Candidate> {
  const ready = await readyAnchors(anchors)
  const seen = {
    ...{ ...about, checks: [passed('subject', 'it is about this manifest')] },
    ...(predicateType !== undefined && { predicateType }),
  }
  return {
    predicateType,
    rank: rankOf(bundle, [...ready.values()]),
    judge: async () => {
      try {
        return await judge(seen, { anchors: [...ready.keys()], effort }, (anchor) =>
          acceptBundle(bundle, artifact, { ready: ready.get(anchor), now, spend: (cost) => effort.spend(cost) }),
        )
      } catch (error) {
        return rejected(about, error)
      }
    },
  }
}

const SHA256_BYTES = 32

/** A certificate that cannot be read, or is for nobody, is no reason to say less of the signature than otherwise. */
function rankOf(bundle: Bundle, anchors: readonly ReadyAnchor[]): number {
  try {
    return rankOfRead(bundle, anchors)
  } catch {
    return 0
  }
}

function rankOfRead(bundle: Bundle, anchors: readonly ReadyAnchor[]): number {
  const keys = anchors.flatMap((anchor) => (anchor.kind === 'cosign-key' ? [anchor.key] : []))
  const leaf = certificateOf(bundle)
  if (leaf === undefined) return rankOfHint(bundle, keys)
  const key = createPublicKey({ key: leaf.publicKey, format: 'der', type: 'spki' })
  if (keys.some((each) => each.equals(key))) return 2
  const { identity, issuer } = identityOf(leaf)
  const isNamed = anchors.some((each) => {
    if (each.kind !== 'sigstore') return false
    const { anchor } = each
    return (anchor.issuer === undefined || anchor.issuer === issuer) && anchor.matches(identity)
  })
  return isNamed ? 2 : 0
}

function rankOfHint({ verificationMaterial: { content } }: Bundle, keys: readonly KeyObject[]): number {
  const hint = Buffer.from(content.$case === 'publicKey' ? content.publicKey.hint : '', 'base64')
  // Whoever does not follow cosign may write anything there.
  if (hint.length !== SHA256_BYTES) return keys.length > 0 ? 1 : 0
  return keys.some((key) => keyDigest(key).equals(hint)) ? 2 : 0
}
