import type { KeyObject } from 'node:crypto'
import { parseKeyAnchor } from './cosign/anchor.ts'
import { parseSigstoreAnchor, type SigstoreAnchor } from './sigstore/anchor.ts'
import type { TrustAnchor } from './signature.ts'
import { reasonOf } from './words.ts'

/** An anchor for cosign's and sigstore's signatures, read and ready. */
export type ReadyAnchor =
  | { readonly kind: 'cosign-key'; readonly key: KeyObject }
  | { readonly kind: 'sigstore'; readonly anchor: SigstoreAnchor }
  /** It was stored by another version: it trusts nobody. */
  | { readonly kind: 'broken'; readonly reason: string }

/** Trusted roots have many certificates, and signatures come again and again. */
const known = new WeakMap<TrustAnchor, Promise<ReadyAnchor>>()

/** Those that are of these kinds. */
export async function readyAnchors(anchors: readonly TrustAnchor[]): Promise<ReadonlyMap<TrustAnchor, ReadyAnchor>> {
  const ready = new Map<TrustAnchor, ReadyAnchor>()
  for (const anchor of anchors) {
    if (anchor.kind !== 'cosign-key' && anchor.kind !== 'sigstore') continue
    const reading = known.get(anchor) ?? read(anchor)
    known.set(anchor, reading)
    ready.set(anchor, await reading)
  }
  return ready
}

async function read({ kind, body }: TrustAnchor): Promise<ReadyAnchor> {
  try {
    if (kind === 'cosign-key') return { kind, key: parseKeyAnchor(body).key }
    return { kind: 'sigstore', anchor: (await parseSigstoreAnchor(body)).anchor }
  } catch (error) {
    return { kind: 'broken', reason: reasonOf(error) }
  }
}
