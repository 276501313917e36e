import { afterAll, describe, expect, test } from 'bun:test'
import { notationVerifier } from '../../src/trust/notation/verifier.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { type KeyKind, OPENSSL, type Party, Workshop } from './support/notation-authority.ts'
import {
  anchor,
  AUTHENTIC_TIME,
  descriptor,
  digestOf,
  EXPIRY,
  failures,
  FORMATS,
  makeSignature,
  PLUGIN,
  SCHEME,
  sha256,
  signatureManifest,
  type Signing,
  SIGNING_TIME,
  SUBJECT,
  verify,
} from './support/notation-signatures.ts'

const HOUR = 3_600_000
const title = OPENSSL === undefined ? 'signatures of notation: openssl is not installed' : 'signatures of notation'

describe.skipIf(OPENSSL === undefined)(title, () => {
  const workshop = new Workshop()
  afterAll(() => workshop.close())
  const root = once(() => workshop.issue({ name: 'root' }))
  const middle = once(() =>
    workshop.issue(
      { name: 'middle', extensions: ['basicConstraints=critical,CA:true,pathlen:0', 'keyUsage=critical,keyCertSign'] },
      root(),
    ),
  )
  const leaf = once(() => workshop.issue({ name: 'leaf' }, middle()))

  describe.each(FORMATS)('%s', (format) => {
    const signed = (changes: Partial<Signing> = {}) => makeSignature(format, { by: leaf(), ...changes })
    const refused = async (changes: Partial<Signing>, asking: object = {}) => {
      const report = await verify(signed(changes), { anchors: [anchor(root())], ...asking })
      expect(report.trustedBy).toEqual([])
      return failures(report)
    }

    test('is trusted where its root is, says who signed, and when to look again', async () => {
      const expiry = new Date(Math.ceil(Date.now() / 1000) * 1000 + HOUR)
      const report = await verify(signed({ attributes: { [EXPIRY]: expiry } }), { anchors: [anchor(root())] })
      expect(failures(report)).toBe('')
      expect(report.trustedBy).toEqual(['anchor'])
      expect(report.signer).toMatchObject({
        name: 'CN=leaf,O=example,ST=WA,C=US',
        issuer: 'CN=middle,O=example,ST=WA,C=US',
        keyId: `sha256:${sha256(leaf().der)}`,
      })
      expect(report.validUntil).toEqual(expiry)
      // Nobody but the signer says when.
      expect(report.signedAt).toBeUndefined()
    })

    test.each<[KeyKind]>([[2048], [3072], [4096], ['P-256'], ['P-384'], ['P-521']])('with a key of %p', async (key) => {
      const by = workshop.issue({ key }, middle())
      const report = await verify(signed({ by }), { anchors: [anchor(root())] })
      expect(failures(report)).toBe('')
      expect(report.trustedBy).toEqual(['anchor'])
    })

    test('of a signing authority: its time counts, also when the certificates are over', async () => {
      const time = new Date(Math.floor(Date.now() / 1000) * 1000)
      const attributes = { [SCHEME]: 'notary.x509.signingAuthority', [SIGNING_TIME]: undefined, [AUTHENTIC_TIME]: time }
      const anchors = [anchor(root(), { certificates: { signingAuthority: [root().pem] } })]
      const later = new Date(Date.now() + 400 * 24 * HOUR)
      const report = await verify(signed({ attributes }), { anchors, now: later })
      expect(report).toMatchObject({ trustedBy: ['anchor'], signedAt: time })
      expect(await refused({ attributes })).toContain('none of the certificates is in the store signingAuthority')
      const early = { ...attributes, [AUTHENTIC_TIME]: new Date(Date.now() - 400 * 24 * HOUR) }
      expect(await refused({ attributes: early }, { anchors })).toContain('is valid from')
    })

    test.each([
      ['another digest', { ...SUBJECT, digest: parseDigest(`sha256:${'cd'.repeat(32)}`) }, 'another manifest'],
      ['another size', { ...SUBJECT, sizeBytes: 529 }, '529 bytes'],
      ['another media type', { ...SUBJECT, mediaType: 'application/vnd.oci.image.index.v1+json' }, 'index.v1+json'],
    ])('of %s', async (_, other, words) => {
      expect(await refused({ payload: descriptor(other) })).toContain(words)
    })

    test.each<[string, unknown, string]>([
      ['no descriptor', { targetArtifact: {} }, 'no descriptor'],
      ['a size in text', { targetArtifact: { ...descriptor().targetArtifact, size: '528' } }, 'no descriptor'],
      [
        'two of a key',
        Buffer.from(JSON.stringify(descriptor()).replace('{"', '{"targetArtifact":{},"')),
        'one meaning',
      ],
      ['no JSON', Buffer.from('no'), 'one meaning'],
      ['an array', [], 'no descriptor'],
    ])('whose payload is %s', async (_, payload, words) => {
      expect(await refused({ payload })).toContain(words)
    })

    test('made with another key than its certificate has', async () => {
      const other = workshop.issue({}, middle())
      expect(await refused({ key: other.key })).toContain('is not made with the key of CN=leaf')
    })

    test.each(['ES384', 'PS256', 'HS256', 'EdDSA', 'none', 'RS256'])('that says it is of %s', async (algorithm) => {
      expect(await refused({ algorithm })).toContain('makes ES256')
    })

    test('with a salt of another length than its hash', async () => {
      const by = workshop.issue({ key: 2048 }, middle())
      expect(await refused({ by, saltLength: 20 })).toContain('is not made with the key')
    })

    test('over: expired, or of before it was made', async () => {
      const past = new Date(Date.now() - 30_000)
      expect(await refused({ attributes: { [EXPIRY]: past } })).toContain('the signature expired at')
      const before = new Date(Date.now() - HOUR)
      expect(await refused({ attributes: { [EXPIRY]: before } })).toContain('expires before it was made')
    })

    test('of a certificate that expired, or is not valid yet', async () => {
      expect(await refused({}, { now: new Date(Date.now() + 31 * 24 * HOUR) })).toContain('expired at')
      const early = await verify(signed(), { anchors: [anchor(root())], now: new Date(Date.now() - 24 * HOUR) })
      expect(early.trustedBy).toEqual([])
      expect(failures(early)).toContain('is valid from')
      // Then it may be trusted.
      expect(early.validUntil?.getTime()).toBeLessThanOrEqual(Date.now())
    })

    test.each<[string, Partial<Signing>, string]>([
      [
        'an unknown critical attribute',
        { attributes: { mine: 'x' }, critical: [SCHEME, 'mine'] },
        'mine is not understood',
      ],
      ['a critical attribute that is not there', { critical: [SCHEME, 'absent'] }, 'that is not there'],
      ['one marked critical twice', { critical: [SCHEME, SCHEME] }, 'critical twice'],
      ['nothing marked critical', { critical: [] }, 'envelope:'],
      ['no list of critical ones', { critical: undefined }, 'envelope:'],
      [
        'a scheme that is not marked',
        { attributes: { [EXPIRY]: new Date(2e12) }, critical: [EXPIRY] },
        'Scheme is not marked',
      ],
      [
        'an expiry that is not marked',
        { attributes: { [EXPIRY]: new Date(2e12) }, critical: [SCHEME] },
        'expiry is not marked',
      ],
      ['an unknown scheme', { attributes: { [SCHEME]: 'notary.x510' } }, 'notary.x510 is not known'],
      ['no scheme', { attributes: { [SCHEME]: undefined }, critical: [SIGNING_TIME] }, 'envelope:'],
      ['no time', { attributes: { [SIGNING_TIME]: undefined } }, 'has a signing time'],
      ['times of two schemes', { attributes: { [AUTHENTIC_TIME]: new Date() } }, 'no authentic signing time'],
      [
        'a signing authority without its time',
        { attributes: { [SCHEME]: 'notary.x509.signingAuthority', [SIGNING_TIME]: undefined } },
        'has an authentic signing time, and no other',
      ],
      [
        'a signing authority with a time of the signer',
        { attributes: { [SCHEME]: 'notary.x509.signingAuthority', [AUTHENTIC_TIME]: new Date() } },
        'has an authentic signing time, and no other',
      ],
      ['a time that is none', { attributes: { [EXPIRY]: 'tomorrow' } }, 'envelope:'],
      ['another content type', { contentType: 'application/json' }, 'content type is application/json'],
      ['a plugin', { attributes: { [PLUGIN]: 'com.example.plugin' } }, 'needs the plugin com.example.plugin'],
      ['a plugin without a name', { attributes: { [PLUGIN]: 7 } }, 'needs the plugin without a name'],
      ['an unmarked plugin', { attributes: { [PLUGIN]: 'p' }, critical: [SCHEME] }, 'needs the plugin p'],
      ['a version of a plugin', { attributes: { [`${PLUGIN}MinVersion`]: '1.0.0' } }, 'needs the plugin 1.0.0'],
    ])('with %s', async (_, changes, words) => {
      expect(await refused(changes)).toContain(words)
    })

    test('changed after it was signed, anywhere', async () => {
      const { bytes, ...rest } = signed()
      const trusting = { anchors: [anchor(root())] }
      let changed = 0
      for (let at = 0; at < bytes.length; at += format === 'jws' ? 5 : 3) {
        const copy = Buffer.from(bytes)
        copy[at] = (copy[at] ?? 0) ^ 1
        const report = await verify({ ...rest, bytes: copy }, trusting)
        // The only text that nobody signs, and that nothing depends on, is the name of the program.
        if (report.trustedBy.length > 0)
          expect(bytes.subarray(at - 40, at + 40).toString('latin1')).toContain('signingAgent')
        else changed++
      }
      expect(changed).toBeGreaterThan(100)
    })

    test.each([
      ['no annotation', { annotations: {} }, 'has no annotation'],
      [
        'thumbprints of others',
        { annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': '["ab"]' } },
        'other certificates',
      ],
      [
        'thumbprints that are no list',
        { annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': '{' } },
        'cannot be understood',
      ],
      ['another subject', { subject: { digest: `sha256:${'cd'.repeat(32)}` } }, 'another subject'],
      ['no subject', { subject: undefined }, 'another subject, or none'],
      ['no layer', { layers: [] }, 'not exactly one layer'],
      [
        'another kind of layer',
        { layers: [{ mediaType: 'application/x', digest: SUBJECT.digest, size: 1 }] },
        'not known here',
      ],
      [
        'a layer that is not there',
        { layers: [{ mediaType: 'application/cose', digest: SUBJECT.digest, size: 1 }] },
        'is not in this repository',
      ],
      [
        'a layer that is too large',
        { layers: [{ mediaType: 'application/cose', digest: SUBJECT.digest, size: 5e6 }] },
        'more than 524288 bytes',
      ],
    ])('in a manifest with %s', async (_, manifest, words) => {
      expect(await refused({}, { manifest })).toContain(words)
    })
  })

  test('in a manifest that says another size, or has two layers', async () => {
    const signature = makeSignature('jws', { by: leaf() })
    const layer = {
      mediaType: 'application/jose+json',
      digest: digestOf(signature.bytes),
      size: signature.bytes.length,
    }
    const ask = (layers: readonly object[]) => verify(signature, { anchors: [anchor(root())], manifest: { layers } })
    expect((await ask([layer])).trustedBy).toEqual(['anchor'])
    expect(failures(await ask([{ ...layer, size: layer.size + 1 }]))).toContain('another size than its manifest says')
    expect(failures(await ask([layer, layer]))).toContain('not exactly one layer')
  })

  test('the thumbprints may be in capital letters, and the type in the configuration', async () => {
    const signature = makeSignature('jws', { by: leaf() })
    const upper = JSON.stringify(signature.chain.map((der) => sha256(der).toUpperCase()))
    const manifest = { annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': upper } }
    expect((await verify(signature, { anchors: [anchor(root())], manifest })).trustedBy).toEqual(['anchor'])
    const recognizes = (changes: object) => notationVerifier.recognizes(signatureManifest(signature, { ...changes }))
    const old = { artifactType: undefined, config: { mediaType: 'application/vnd.cncf.notary.signature' } }
    expect([recognizes({}), recognizes(old)]).toEqual([true, true])
    expect(recognizes({ artifactType: 'application/x', note: 'application/vnd.cncf.notary.signature' })).toBe(false)
    const broken = { digest: SUBJECT.digest, content: Buffer.from('{"application/vnd.cncf.notary.signature"') }
    expect(notationVerifier.recognizes(broken)).toBe(false)
  })

  test('with nobody to trust it is intact, and proves nothing', async () => {
    const anchors = [{ name: 'key', kind: 'cosign-key' as const, body: {} }]
    const report = await verify(makeSignature('cose', { by: leaf() }), { anchors })
    expect(report).toMatchObject({ trustedBy: [], signer: { subject: 'CN=leaf,O=example,ST=WA,C=US' } })
    expect(failures(report)).toBe('')
  })

  test('an anchor that cannot be read trusts nobody, and says so', async () => {
    const report = await verify(makeSignature('jws', { by: leaf() }), { anchors: [anchor(root(), { level: 'skip' })] })
    expect(report.trustedBy).toEqual([])
    expect(failures(report)).toContain('not a trust anchor of notation')
  })
})

/** Made with the first one who asks: what is skipped makes nothing. */
function once(make: () => Party): () => Party {
  let made: Party | undefined
  return () => {
    made ??= make()
    return made
  }
}
