import {
  BlobSASPermissions,
  type BlobServiceClient,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from '@azure/storage-blob'
import { withRetries } from '../retry.ts'
import { isTransient } from './errors.ts'

const LONGEST_MS = 120_000
/** Azure's clock and ours differ a little. */
const SKEW_MS = 60_000
const DELEGATION_MS = 60 * 60 * 1000

/** Makes a URL that reads one blob for `ttlMs`; undefined where our proof of identity cannot sign. */
export type UrlSigner = (name: string, ttlMs: number) => Promise<URL | undefined>

/**
 * Signs with the account's key, or, where there is none, with a key that Azure gives this identity for an hour ("user
 * delegation"). Over https only, unless the endpoint itself is http.
 */
export function urlSigner(service: BlobServiceClient, containerName: string): UrlSigner {
  const { credential } = service
  const isShared = credential instanceof StorageSharedKeyCredential
  const canDelegate = 'getToken' in credential
  const delegation = isShared || !canDelegate ? undefined : new Delegation(service)
  const protocol = service.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp
  return async (name, ttlMs) => {
    if (!isShared && delegation === undefined) return undefined
    const now = Date.now()
    const values = {
      ...{ containerName, blobName: name, protocol, permissions: BlobSASPermissions.from({ read: true }) },
      ...{ startsOn: new Date(now - SKEW_MS), expiresOn: new Date(now + Math.min(ttlMs, LONGEST_MS)) },
      // A blob may be an HTML page, and the store's address is somebody's origin.
      ...{ contentType: 'application/octet-stream', contentDisposition: 'attachment' },
    }
    const query = isShared
      ? generateBlobSASQueryParameters(values, credential)
      : generateBlobSASQueryParameters(values, await (delegation as Delegation).key(), service.accountName)
    const url = new URL(service.getContainerClient(containerName).getBlobClient(name).url)
    url.search = query.toString()
    return url
  }
}

/** The key of the hour, fetched once for all who ask. */
class Delegation {
  readonly #service: BlobServiceClient
  #key: Promise<UserDelegationKey> | undefined
  #renewAt = 0

  constructor(service: BlobServiceClient) {
    this.#service = service
  }

  key(): Promise<UserDelegationKey> {
    const now = Date.now()
    if (this.#key !== undefined && now < this.#renewAt) return this.#key
    this.#renewAt = now + DELEGATION_MS / 2
    const [from, until] = [new Date(now - SKEW_MS), new Date(now + DELEGATION_MS)]
    const key = withRetries((abortSignal) => this.#service.getUserDelegationKey(from, until, { abortSignal }), {
      ...{ attemptMs: 5000, totalMs: 10_000, isTransient },
    })
    this.#key = key
    key.catch(() => {
      this.#renewAt = 0
    })
    return key
  }
}
