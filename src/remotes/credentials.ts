import { X509Certificate } from 'node:crypto'
import { isAbsolute } from 'node:path'
import { Problem } from '../lib/problem.ts'
import type { StoredRemote } from './store.ts'

/** The password itself, or a file that holds it on every machine that serves. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly username: string; readonly passwordFile: string }

const MAX_PASSWORD_BYTES = 16 * 1024
const MAX_AUTHORITIES_BYTES = 256 * 1024

/** What a stored password is sealed for: this remote, at this origin. With any other it does not open. */
export function purposeOf({ id, url }: Pick<StoredRemote, 'id' | 'url'>): string {
  return `remote ${id} password ${new URL(url).origin}`
}

/** What is stored of them; null: there are none any more. @throws Problem */
export function parseCredentials(
  credentials: Credentials | null,
  seal: (password: string) => string | undefined,
): Pick<StoredRemote, 'username' | 'sealedPassword' | 'passwordFile'> {
  if (credentials === null) return { username: undefined, sealedPassword: undefined, passwordFile: undefined }
  const username = parseUsername(credentials.username)
  if ('passwordFile' in credentials) {
    const { passwordFile } = credentials
    if (!isAbsolute(passwordFile)) throw new Problem('invalid', 'the path of a file with a password begins with "/"')
    return { username, sealedPassword: undefined, passwordFile }
  }
  return { username, sealedPassword: seal(parsePassword(credentials.password)), passwordFile: undefined }
}

/** RFC 7617 §2: no colon, and no control characters. @throws Problem */
function parseUsername(text: string): string {
  if (/^[^\p{Cc}:]{1,255}$/u.test(text)) return text
  throw new Problem('invalid', 'a user name has 1 to 255 characters, and none of them is ":"')
}

/** @throws Problem */
export function parsePassword(text: string): string {
  const bytes = Buffer.byteLength(text)
  // Google's are JSON of several lines.
  if (bytes > 0 && bytes <= MAX_PASSWORD_BYTES && !text.includes('\0')) return text
  throw new Problem('invalid', `a password is not empty, and has at most ${MAX_PASSWORD_BYTES} bytes`)
}

/** @throws Problem unless it is PEM with certificates that can be read */
export function parseAuthorities(text: string): string {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    for (const certificate of certificates) new X509Certificate(certificate)
    if (certificates.length > 0 && text.length <= MAX_AUTHORITIES_BYTES) return `${certificates.join('\n')}\n`
  } catch {
    // Said below.
  }
  throw new Problem('invalid', 'the authorities of a remote are certificates in PEM, 256 KiB at most')
}
