import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A certificate with its key, PEM: self-signed, or signed by another. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly name: string
}

/** Days from now. */
export interface Validity {
  readonly from: number
  readonly to: number
}

/** X.509 by hand, as much as a test needs: P-256, valid from yesterday on, for localhost and 127.0.0.1. */
export function makeCertificate(
  name: string,
  issuer?: Certificate,
  { from, to }: Validity = { from: -1, to: 365 },
): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer: KeyObject = issuer === undefined ? privateKey : createPrivateKey(issuer.key)
  const signedWith = sequence(objectId('2a8648ce3d040302'))
  const body = sequence(
    tlv(0xa0, tlv(0x02, [2])),
    tlv(0x02, [1, ...randomBytes(8)]),
    signedWith,
    commonName(issuer?.name ?? name),
    sequence(utcTime(from), utcTime(to)),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(constraints(issuer === undefined), alternativeNames())),
  )
  const signature = sign('sha256', body, signer)
  const cert = sequence(body, signedWith, tlv(0x03, [0, ...signature]))
  const lines = (cert.toString('base64').match(/.{1,64}/g) ?? []).join('\n')
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function tlv(tag: number, content: Uint8Array | readonly number[]): Buffer {
  const bytes = Buffer.from(content)
  const { length } = bytes
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), bytes])
}

function sequence(...parts: Uint8Array[]): Buffer {
  return tlv(0x30, Buffer.concat(parts))
}

function objectId(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'))
}

function commonName(text: string): Buffer {
  return sequence(tlv(0x31, sequence(objectId('550403'), tlv(0x0c, Buffer.from(text)))))
}

function utcTime(days: number): Buffer {
  const text = new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\..*/g, '')
  return tlv(0x17, Buffer.from(`${text.slice(2)}Z`))
}

function constraints(authority: boolean): Buffer {
  const value = sequence(...(authority ? [tlv(0x01, [0xff])] : []))
  return sequence(objectId('551d13'), tlv(0x01, [0xff]), tlv(0x04, value))
}

function alternativeNames(): Buffer {
  const value = sequence(tlv(0x82, Buffer.from('localhost')), tlv(0x87, [127, 0, 0, 1]))
  return sequence(objectId('551d11'), tlv(0x04, value))
}
