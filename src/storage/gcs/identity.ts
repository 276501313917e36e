import { readFile } from 'node:fs/promises'
import { type AuthClient, GoogleAuth, JWT } from 'google-auth-library'
import { once } from '../../lib/once.ts'

/** Who we are to Google. */
export interface Identity {
  /** The value of an Authorization header; from memory, except about once an hour. */
  authorization(): Promise<string>
  /** Whose signature `sign` makes; undefined: this identity cannot sign. */
  email(): Promise<string | undefined>
  /** RSA with SHA-256, in base64; without a key of its own through Google's IAM, which is a request. */
  sign(text: string): Promise<string>
}

const SCOPES = ['https://www.googleapis.com/auth/devstorage.read_write', 'https://www.googleapis.com/auth/iam']

/**
 * The service account whose key is in a file, or what Application Default Credentials find:
 * `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's own file, workload identity, the metadata server. Nothing is asked before
 * the first use.
 */
export function findIdentity(credentialsFile: string | undefined): Identity {
  const auth = once(() => openAuth(credentialsFile))
  const email = once(() => told(async () => emailOf(await auth())))
  return {
    authorization: () => told(async () => authorizationOf(await (await auth()).getClient())),
    email,
    sign: (text) => told(async () => (await auth()).sign(text)),
  }
}

async function openAuth(credentialsFile: string | undefined): Promise<GoogleAuth> {
  if (credentialsFile === undefined) return new GoogleAuth({ scopes: SCOPES })
  const account: unknown = JSON.parse(await readFile(credentialsFile, 'utf8'))
  if (!isServiceAccount(account))
    throw new Error(
      `${credentialsFile} holds no key of a service account; other credentials go into GOOGLE_APPLICATION_CREDENTIALS`,
    )
  const { client_email, private_key, private_key_id } = account
  const authClient = new JWT({ email: client_email, key: private_key, keyId: private_key_id, scopes: SCOPES })
  return new GoogleAuth({ authClient })
}

interface ServiceAccount {
  readonly client_email: string
  readonly private_key: string
  readonly private_key_id: string
}

function isServiceAccount(value: unknown): value is ServiceAccount {
  const fields: readonly (keyof ServiceAccount)[] = ['client_email', 'private_key', 'private_key_id']
  return fields.every((name) => typeof (value as Partial<ServiceAccount> | null)?.[name] === 'string')
}

async function authorizationOf(client: AuthClient): Promise<string> {
  // A service account's key signs tokens itself: nobody needs to be asked for one.
  if (client instanceof JWT) client.useJWTAccessWithScope = true
  const header = (await client.getRequestHeaders()).get('authorization')
  if (header === null) throw new Error('these credentials make no token')
  return header
}

/** Whoever has no address, such as a person, cannot sign. */
async function emailOf(auth: GoogleAuth): Promise<string | undefined> {
  const client = await auth.getClient()
  if (client instanceof JWT) return client.email
  const { client_email } = await auth.getCredentials().catch(() => ({ client_email: undefined }))
  return client_email
}

/** Credentials that are not there, or not understood; trying again does not help. */
class CredentialsProviderError extends Error {
  override readonly name = 'CredentialsProviderError'
}

/** An error without what was sent, which may be a secret. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const message = `Google's credentials: ${error instanceof Error ? error.message : 'unknown reason'}`
    // What came of a request has a status, or what the request was.
    const isAnswer = error instanceof Error && ('status' in error || 'config' in error)
    throw isAnswer ? new Error(message) : new CredentialsProviderError(message)
  }
}
