import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { parseDigest } from '../../src/oci/digest.ts'
import { parseCertificate } from '../../src/trust/notation/certificate.ts'
import { checkChain } from '../../src/trust/notation/certificate-rules.ts'
import { parseCose } from '../../src/trust/notation/cose.ts'
import type { Envelope } from '../../src/trust/notation/envelope.ts'
import { parseJws } from '../../src/trust/notation/jws.ts'
import { timestampChain } from '../../src/trust/notation/timestamp.ts'
import { openTimestamp } from '../../src/trust/notation/timestamp-token.ts'
import type { TrustAnchor } from '../../src/trust/signature.ts'
import { notationFixtures, pemOf } from './support/notation-fixtures.ts'
import { failures, verify } from './support/notation-signatures.ts'

const GO = 'github.com/notaryproject/notation-go'
const CORE = 'github.com/notaryproject/notation-core-go'
const STAMPS = 'github.com/notaryproject/tspclient-go'

const { fixtures, missing } = notationFixtures()
if (fixtures === undefined) test.skip(`the fixtures of notation: ${missing}`, () => undefined)

describe.if(fixtures !== undefined)('the fixtures of notation', () => {
  const there = () => {
    if (fixtures === undefined) throw new Error('skipped')
    return fixtures
  }
  const parse = (bytes: Buffer): Envelope => (bytes[0] === 0x7b ? parseJws(bytes) : parseCose(bytes))

  const payloadSchema = z.object({
    targetArtifact: z.object({ digest: z.string(), mediaType: z.string(), size: z.number() }),
  })

  /** With the certificates of the signature as a store, where those of notation's tests do not have them. */
  async function report(bytes: Buffer, options: { readonly own?: boolean; readonly body?: object } = {}) {
    const envelope = parse(bytes)
    const { targetArtifact } = payloadSchema.parse(JSON.parse(Buffer.from(envelope.payload).toString()))
    const subject = {
      digest: parseDigest(targetArtifact.digest),
      mediaType: targetArtifact.mediaType,
      sizeBytes: targetArtifact.size,
    }
    const store = ['verifier', 'testdata', 'truststore', 'x509']
    const own = envelope.certificates.slice(-1).map((der) => pemOf(Buffer.from(der)))
    const body = {
      certificates: {
        ca: [...there().certificates(GO, ...store, 'ca', 'valid-trust-store'), ...(options.own === true ? own : [])],
        signingAuthority: there().certificates(GO, ...store, 'signingAuthority', 'valid-trust-store'),
      },
      identities: ['*'],
      level: 'strict',
      ...options.body,
    }
    const anchors: readonly TrustAnchor[] = [{ name: 'anchor', kind: 'notation', body }]
    const signature = {
      format: bytes[0] === 0x7b ? ('jws' as const) : ('cose' as const),
      bytes,
      chain: envelope.certificates.map((der) => Buffer.from(der)),
    }
    const manifest = { subject: { digest: subject.digest } }
    return verify(signature, { anchors, subject, manifest, now: new Date('2026-11-20T00:00:00Z') })
  }

  /** Why a signature of theirs is not trusted; the empty text: it is. */
  const OUTCOMES: Readonly<Record<string, string | RegExp>> = {
    'ca_valid_sig_env.json': '',
    'sa_valid_sig_env.json': '',
    'sig_env_with_metadata.json': /^anchor: authentic timestamp: [^\n]*expired at 2023-01-12T00:52:12.000Z$/,
    'ca_expired_sig_env.json': /^anchor: expiry: the signature expired at 2022-07-29T23:59:00.000Z$/,
    'sa_expired_sig_env.json': /^anchor: expiry: the signature expired at 2022-07-29T23:59:00.000Z$/,
    'ca_plugin_sig_env.json': /SomeKey is not understood here\nverification plugin: needs the plugin plugin-name/,
    'sa_plugin_sig_env.json': /SomeKey is not understood here\nverification plugin: needs the plugin plugin-name/,
    ...Object.fromEntries(
      [
        ...['compatible_pluginver_sig_env_0.0.9', 'compatible_pluginver_sig_env_1.0.0'],
        ...['compatible_pluginver_sig_env_1.0.0-alpha', 'compatible_pluginver_sig_env_1.0.0-alpha.beta'],
        ...['incompatible_pluginver_sig_env_1.0.1', 'incompatible_pluginver_sig_env_1.0.9'],
        ...['incompatible_pluginver_sig_env_1.1.0-alpha', 'incompatible_pluginver_sig_env_1.2.3'],
      ].map((name) => [`ca_${name}.json`, /^verification plugin: needs the plugin [a-z.]+: never trusted here$/]),
    ),
  }
  const MOCKS = ['internal', 'mock', 'testdata']
  /** Tampered so that they cannot even be read: their payload is in another base64. */
  const UNREADABLE = ['ca_invalid_sig_env.json', 'sa_invalid_sig_env.json']

  test('are all known: 17 signatures of its mocks', () => {
    expect(there().names(GO, ...MOCKS)).toEqual([...Object.keys(OUTCOMES), ...UNREADABLE].sort())
  })

  test.each(Object.entries(OUTCOMES))('%s', async (name, why) => {
    const found = await report(there().read(GO, ...MOCKS, name), { own: name === 'sig_env_with_metadata.json' })
    if (typeof why === 'string') expect(failures(found)).toBe(why)
    else expect(failures(found)).toMatch(why)
    expect(found.trustedBy).toEqual(why === '' ? ['anchor'] : [])
    if (name.startsWith('sa_valid')) expect(found.signedAt).toEqual(new Date('2020-11-09T07:00:00Z'))
  })

  test.each(UNREADABLE)('%s', (name) => {
    expect(() => parse(there().read(GO, ...MOCKS, name))).toThrow('payload not base64url')
  })

  test.each(['cose_signature.sig', 'jws_signature.sig'])('%s, made by its command', async (name) => {
    const bytes = there().read(GO, 'internal', 'testdata', name)
    expect(failures(await report(bytes))).toMatch(/^anchor: authenticity: none of the certificates/)
    expect((await report(bytes, { own: true })).trustedBy).toEqual(['anchor'])
  })

  const ENVELOPES = ['verifier', 'testdata', 'timestamp', 'sigEnv']
  const STAMPED: Readonly<Record<string, string | RegExp>> = {
    'coseExpiredWithTimestamp.sig': '',
    'coseWithTimestamp.sig': '',
    'jwsExpiredWithTimestamp.sig': '',
    'jwsWithTimestamp.sig': '',
    'timestampAfterNotAfter.sig': /authentic timestamp: .*expired at 2001-09-18T11:54:34.000Z/,
    'timestampBeforeNotBefore.sig': /authentic timestamp: .*is valid from 2099-09-18T11:54:34.000Z/,
    'withoutTimestamp.sig': /authentic timestamp: there is no time stamp/,
  }

  test('are all known: 7 signatures of its time stamps', () => {
    expect(there().names(GO, ...ENVELOPES)).toEqual(Object.keys(STAMPED))
  })

  test.each(Object.entries(STAMPED))('%s', async (name, why) => {
    const bytes = there().read(GO, ...ENVELOPES, name)
    const store = ['verifier', 'testdata', 'truststore', 'x509']
    const own = parse(bytes)
      .certificates.slice(-1)
      .map((der) => pemOf(Buffer.from(der)))
    const ask = (tsa: string) =>
      report(bytes, {
        body: {
          certificates: { ca: own, tsa: there().certificates(GO, ...store, 'tsa', tsa) },
          // The real authority of the stamps names revocation lists.
          override: { revocation: 'skip' },
        },
      })
    const found = await ask('test-timestamp')
    expect(found.trustedBy).toEqual(why === '' ? ['anchor'] : [])
    expect(failures(found)).toMatch(why)
    if (why === '') expect(found.signedAt?.toISOString()).toStartWith('2024-06-18T')
    if (why === '') expect(failures(await ask('test-mismatch'))).toContain('no authority of the tsa store')
  })

  test('the conformance vectors are no signatures of notation: they have no certificates', () => {
    const schema = z.object({ expectedOutput: z.object({ cborHex: z.string() }) })
    const cose = schema.parse(
      JSON.parse(there().read(CORE, 'signature', 'cose', 'testdata', 'conformance.json').toString()),
    )
    const bytes = Buffer.from(cose.expectedOutput.cborHex, 'hex')
    expect(() => parseCose(bytes)).toThrow('there is no chain of certificates')
    expect(() => parseJws(there().read(CORE, 'signature', 'jws', 'testdata', 'conformance.json'))).toThrow('x5c')
  })

  test('certificates for time stamps, and a lone one that signed itself', () => {
    const read = (name: string) => parseCertificate(pemBytes(there().read(CORE, 'x509', 'testdata', name)))
    const chain = ['timestamp_leaf.crt', 'timestamp_intermediate.crt', 'timestamp_root.crt'].map(read)
    expect(() => checkChain(chain, 'time stamping')).not.toThrow()
    expect(() => checkChain(chain, 'code signing')).toThrow()
    expect(() => checkChain(chain.slice(0, 2), 'time stamping')).toThrow('not complete')
    expect(() => checkChain([read('openssl-minimum-self-signed.pem')], 'code signing')).not.toThrow()
  })

  const NOT_NAMED = 'does not sign which certificate it is of (signing-certificate-v2)'
  const CHANGED = 'was changed after it was signed'
  const NOT_SIGNED = 'the signature of the time stamp does not hold'
  const NOT_THERE = 'the certificate of the time stamp is not in it'
  /** Their stamps of the word `notation`, by what is wrong with each; only one is as it has to be. */
  const TOKENS: Readonly<Record<string, string>> = {
    'SHA1TimeStampToken.p7s': CHANGED,
    'TimeStampToken.p7s': '',
    'TimeStampTokenNoRoot.p7s': 'is of something else',
    'TimeStampTokenWithInvalidSignature.p7s': NOT_SIGNED,
    'TimeStampTokenWithInvalidSigningCertificateV1.p7s': NOT_NAMED,
    'TimeStampTokenWithInvalidSigningCertificateV2.p7s': 'a part of it is missing',
    'TimeStampTokenWithInvalidTSTInfo.p7s': CHANGED,
    'TimeStampTokenWithInvalideContentType.p7s': 'holds something else than a time',
    'TimeStampTokenWithMismatchCertHash.p7s': NOT_THERE,
    'TimeStampTokenWithSHA1CertHash.p7s': NOT_THERE,
    'TimeStampTokenWithSigningCertificateV1.p7s': NOT_NAMED,
    'TimeStampTokenWithSigningCertificateV1NoCert.p7s': NOT_NAMED,
    'TimeStampTokenWithSigningCertificateV2NoCert.p7s': 'a part of it is missing',
    'TimeStampTokenWithTSTInfoVersion2.p7s': CHANGED,
    'TimeStampTokenWithValidAndInvalidSignerInfos.p7s': 'more than one signer',
    'TimeStampTokenWithWrongSigningCertificateV2IssuerChoiceTag.p7s': NOT_SIGNED,
    'TimeStampTokenWithoutCertificate.p7s': NOT_THERE,
    'TimeStampTokenWithoutSigningCertificate.p7s': NOT_NAMED,
    'TimeStampTokenWithoutSigningCertificateV2IssuerSerial.p7s': NOT_SIGNED,
  }

  test('are all known: 19 time stamps', () => {
    expect(
      there()
        .names(STAMPS, 'testdata')
        .filter((name) => name.endsWith('.p7s')),
    ).toEqual(Object.keys(TOKENS))
  })

  test.each(Object.entries(TOKENS))('%s', (name, why) => {
    const root = parseCertificate(pemBytes(there().read(STAMPS, 'testdata', 'GlobalSignRootCA.crt')))
    const open = () =>
      timestampChain(
        openTimestamp(there().read(STAMPS, 'testdata', name), Buffer.from('notation'), () => undefined),
        [root],
        () => undefined,
      )
    if (why === '') expect(open().at(-1)?.thumbprint).toBe(root.thumbprint)
    else expect(open).toThrow(why)
  })
})

function pemBytes(bytes: Buffer): Buffer {
  const base64 = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/.exec(bytes.toString('latin1'))?.[1]
  return base64 === undefined ? bytes : Buffer.from(base64, 'base64')
}
