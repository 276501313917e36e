import { OciError } from '../oci/errors.ts'
import type { Identity, IdentityProvider } from './identity-provider.ts'
import type { PasswordCheck } from './password-check.ts'
import { ANONYMOUS, type Principal } from './principal.ts'

const MAX_PASSWORD_BYTES = 1024
/** An argon2id hash of nothing that anybody knows, so that an unknown name takes as long as a wrong password. */
const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$tYhy0ySDH0aQSkXrQpN5fLhGhk7L6L1lY1GdjJqKDXo$FRHgGC8tPq2TrNe7ZnKmO5x5Wr4i7d4jBkDfQk2b3Hk'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** RFC 7617. Undefined when it is not well formed. */
export function parseBasic(encoded: string): Credentials | undefined {
  if (encoded.length > 4096 || !/^[A-Za-z0-9+/=]*$/.test(encoded)) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0 || text.includes('\0') || text.includes('\ufffd')) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Asks each provider in turn. Unknown and wrong look alike. @throws OciError UNAUTHORIZED */
export async function signIn(
  { username, password }: Credentials,
  providers: readonly IdentityProvider[],
  passwords: PasswordCheck,
): Promise<Principal> {
  // Clients send empty credentials when they have none (containers/image, the conformance suite).
  if (username === '' && password === '') return ANONYMOUS
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) throw wrongCredentials()
  const identity = await firstIdentity({ username, password }, providers)
  if (identity === undefined) await passwords.matches(password, DUMMY_HASH)
  if (identity === undefined) throw wrongCredentials()
  return { kind: 'user', ...identity }
}

async function firstIdentity(
  { username, password }: Credentials,
  providers: readonly IdentityProvider[],
): Promise<Identity | undefined> {
  if (username === '' || password === '') return undefined
  for (const provider of providers) {
    const identity = await provider.verify(username, password).catch((error: unknown) => {
      throw error instanceof OciError && error.code === 'UNAUTHORIZED' ? wrongCredentials() : error
    })
    if (identity !== undefined) return identity
  }
  return undefined
}

export function wrongCredentials(): OciError {
  return new OciError('UNAUTHORIZED', { message: 'the user name or password is wrong' })
}
