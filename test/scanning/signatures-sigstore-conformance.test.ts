import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { parseDigest } from '../../src/oci/digest.ts'
import { readyAnchors } from '../../src/trust/ready-anchors.ts'
import type { TrustAnchor } from '../../src/trust/signature.ts'
import { parseBundleBytes } from '../../src/trust/sigstore/bundle.ts'
import { acceptBundle, predicateTypeOf, requireMessage } from '../../src/trust/sigstore/verify-bundle.ts'
import { readVector, type Vector, vectorNames, WHERE_FROM } from './support/sigstore-conformance.ts'

const names = vectorNames()

function anchorFor({ key, trustedRoot, identity, issuer }: Vector): TrustAnchor {
  if (key !== undefined) return { name: 'key', kind: 'cosign-key', body: { publicKey: key } }
  return {
    name: 'root',
    kind: 'sigstore',
    body: { trustedRoot: trustedRoot ?? 'public-good', identity, issuer },
  }
}

/** Undefined: it was accepted. */
async function whyRefused(vector: Vector): Promise<unknown> {
  try {
    const bundle = parseBundleBytes(Buffer.from(vector.bundle))
    const subject = parseDigest(`sha256:${createHash('sha256').update(vector.artifact).digest('hex')}`)
    predicateTypeOf(bundle, subject)
    requireMessage(bundle, vector.artifact)
    const anchor = anchorFor(vector)
    const ready = (await readyAnchors([anchor])).get(anchor)
    acceptBundle(bundle, vector.artifact, { ready, now: new Date(), spend: () => undefined })
    return undefined
  } catch (error) {
    return error
  }
}

if (names === undefined) test.skip(`sigstore's conformance vectors are not here: ${WHERE_FROM}`, () => undefined)

test.if(names !== undefined)('there are the 70 vectors', () => {
  expect(names).toHaveLength(70)
})

test.each(names ?? [])("sigstore's vector %s", async (name) => {
  const vector = await readVector(name)
  const error = await whyRefused(vector)
  if (vector.accepted) expect(error).toBeUndefined()
  // A vector that fails only because of a mistake of ours proves nothing.
  else expect(['Rejection', 'Problem']).toContain(error instanceof Error ? error.name : String(error))
})
