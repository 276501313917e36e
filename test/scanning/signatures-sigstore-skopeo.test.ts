import { describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAnchor } from '../../src/trust/parse-anchor.ts'
import type { TrustAnchor, TrustKind } from '../../src/trust/signature.ts'
import { verifySignatures } from '../../src/trust/verify-signatures.ts'
import { containersFixtures, readSignatures } from './support/containers-image.ts'
import { MemoryPlace } from './support/memory-place.ts'

const fixtures = await containersFixtures()

async function anchor(name: string, kind: TrustKind, body: unknown): Promise<TrustAnchor> {
  return { name, kind, body: (await parseAnchor(kind, body)).body }
}

async function keyAnchor(name: string): Promise<TrustAnchor> {
  return anchor(name, 'cosign-key', { publicKey: await readFile(join(fixtures ?? '', `${name}.pub`), 'utf8') })
}

async function judge(folder: string, anchors: readonly TrustAnchor[], signaturesOf = folder) {
  const manifest = await readFile(join(fixtures ?? '', folder, 'manifest.json'))
  const layers = await readSignatures(join(fixtures ?? '', signaturesOf))
  const place = new MemoryPlace()
  const subject = place.subjectOf(manifest)
  place.tag(subject, '.sig', layers)
  return (await verifySignatures(place, subject, { anchors, now: new Date() })).signatures
}

if (fixtures === undefined)
  test.skip("the fixtures of skopeo's library are not here: they are a Go module, and that needs go", () => undefined)

describe.if(fixtures !== undefined)('what skopeo and podman sign and verify', () => {
  test.each<[string, string[][], string?]>([
    ['dir-img-cosign-valid', [['cosign']]],
    ['dir-img-cosign-valid-with-tag', [['cosign']]],
    ['dir-img-cosign-key-rekor-valid', [['cosign2']]],
    // The rest of that folder are links, which no Go module has.
    ['dir-img-cosign-valid', [['cosign']], 'dir-img-cosign-valid-2'],
  ])('%s', async (folder, expected, signaturesOf = folder) => {
    const found = await judge(folder, [await keyAnchor('cosign'), await keyAnchor('cosign2')], signaturesOf)
    expect(found.map(({ trustedBy }) => trustedBy)).toEqual(expected)
  })

  test('a manifest that was changed since is not what was signed', async () => {
    const [changed, signed] = ['dir-img-cosign-modified-manifest', 'dir-img-cosign-valid']
    const [found] = await judge(changed, [await keyAnchor('cosign')], signed)
    expect(found?.trustedBy).toEqual([])
    expect(found?.checks.find(({ ok }) => !ok)?.name).toBe('subject')
  })

  test('keys of somebody else are not taken', async () => {
    const other = await keyAnchor('some-rsa-key')
    for (const folder of ['dir-img-cosign-valid', 'dir-img-cosign-key-rekor-valid'])
      expect((await judge(folder, [other])).map(({ trustedBy }) => trustedBy)).toEqual([[]])
  })

  describe('without a key, by sigstore’s public instance, in 2023', () => {
    const body = { trustedRoot: 'public-good', issuer: 'https://github.com/login/oauth', identity: 'mitr@redhat.com' }
    const keyless = async (changed: object = {}) =>
      judge('dir-img-cosign-fulcio-rekor-valid', [await anchor('it', 'sigstore', { ...body, ...changed })])

    test('is accepted offline, with its time', async () => {
      const [found] = await keyless()
      expect(found?.checks.filter(({ ok }) => !ok)).toEqual([])
      expect(found?.trustedBy).toEqual(['it'])
      expect(found?.signedAt?.getUTCFullYear()).toBe(2023)
      expect(found?.validUntil).toBeUndefined()
    })

    test.each([
      [{ issuer: 'https://github.com/login' }],
      [{ identity: 'mitr@redhat.co' }],
      [{ identity: undefined, identityPattern: 'mitr@redhat' }],
      [{ tlogThreshold: 2 }],
      [{ timestampThreshold: 2 }],
      [{ ctlogThreshold: 2 }],
    ])('%j is not what was signed', async (changed) => {
      expect((await keyless(changed)).map(({ trustedBy }) => trustedBy)).toEqual([[]])
    })
  })
})
