import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, scryptSync } from 'node:crypto'
import nacl from 'tweetnacl'
import { z } from 'zod'
import { Problem } from '../../lib/problem.ts'

const ENCRYPTED =
  /-----BEGIN ENCRYPTED (COSIGN|SIGSTORE) PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED \1 PRIVATE KEY-----/
/** Cosign's and skopeo's; what a file asks for beyond that costs too much memory. */
const MOST_MEMORY = 512 * 1024 * 1024
const STRENGTH = { N: 65_536, r: 8, p: 1 }

const fileSchema = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    params: z.object({
      N: z
        .int()
        .min(2)
        .max(2 ** 20),
      r: z.int().min(1).max(32),
      p: z.int().min(1).max(16),
    }),
    salt: z.base64(),
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: z.base64() }),
  ciphertext: z.base64(),
})

/** Whether a password is needed to read it. */
export function isEncryptedKey(text: string): boolean {
  return ENCRYPTED.test(text) || text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')
}

/** A private key: a file that `cosign generate-key-pair` made, or plain PEM (PKCS #8). @throws Problem */
export function readPrivateKey(text: string, password: string): KeyObject {
  const [, , encoded] = ENCRYPTED.exec(text) ?? []
  if (encoded !== undefined) return createPrivateKey({ key: decrypt(encoded, password), format: 'der', type: 'pkcs8' })
  try {
    return createPrivateKey({ key: text, passphrase: password })
  } catch {
    throw new Problem('invalid', `the key cannot be read: ${whyNot(text)}`)
  }
}

function whyNot(text: string): string {
  if (isEncryptedKey(text)) return 'the password is wrong, or the file is damaged'
  if (text.includes('PUBLIC KEY-----')) return 'it is the public key; signing takes the private one beside it'
  return 'it is no private key in PEM'
}

function decrypt(encoded: string, password: string): Buffer {
  const parsed = fileSchema.safeParse(jsonOrNot(Buffer.from(encoded, 'base64').toString('utf8')))
  if (!parsed.success) throw new Problem('invalid', 'the key cannot be read: it is not encrypted as cosign does it')
  const { kdf, cipher, ciphertext } = parsed.data
  const { N, r, p } = kdf.params
  if (128 * N * r * p > MOST_MEMORY)
    throw new Problem('invalid', 'the key cannot be read: that would take too much memory')
  const nonce = Buffer.from(cipher.nonce, 'base64')
  if (nonce.byteLength !== nacl.secretbox.nonceLength)
    throw new Problem('invalid', 'the key cannot be read: it is damaged')
  const secret = scryptSync(password, Buffer.from(kdf.salt, 'base64'), 32, { N, r, p, maxmem: 2 * MOST_MEMORY })
  const opened = nacl.secretbox.open(bytesOf(Buffer.from(ciphertext, 'base64')), bytesOf(nonce), bytesOf(secret))
  if (opened === null)
    throw new Problem('invalid', 'the key cannot be read: the password is wrong, or the file is damaged')
  return Buffer.from(opened)
}

function jsonOrNot(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The library takes no Buffers. */
function bytesOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer)
}

/** A new pair, as `cosign generate-key-pair` makes it: P-256, the private one encrypted. */
export function makeKeyPair(password: string): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const salt = randomBytes(32)
  const nonce = randomBytes(nacl.secretbox.nonceLength)
  const secret = scryptSync(password, salt, 32, { ...STRENGTH, maxmem: 2 * MOST_MEMORY })
  const plain = privateKey.export({ type: 'pkcs8', format: 'der' })
  const ciphertext = nacl.secretbox(bytesOf(plain), bytesOf(nonce), bytesOf(secret))
  const file = {
    kdf: { name: 'scrypt', params: STRENGTH, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(ciphertext).toString('base64'),
  }
  const lines =
    Buffer.from(JSON.stringify(file))
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  const label = 'ENCRYPTED COSIGN PRIVATE KEY'
  return {
    privateKey: `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}
