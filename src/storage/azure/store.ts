import { randomId } from '../../lib/ids.ts'
import type { BlobStore } from '../blob-store.ts'
import { type Environment, openAccount } from './access.ts'
import { parseAzureAddress } from './address.ts'
import { AzureContainer, type ListedBlob } from './container.ts'
import { urlSigner } from './direct-url.ts'
import { asAzureError } from './errors.ts'
import { putBlob } from './put.ts'
import { AzureUploads } from './uploads.ts'

export interface AzureOptions {
  readonly environment?: Environment | undefined
  /** Called for each request that is sent, retries included. */
  readonly onRequest?: ((operation: string) => void) | undefined
  readonly retryMs?: number
}

const RETRY_MS = 20_000

/**
 * A store in a container of Azure Blob Storage:
 * ```
 * <prefix>blobs/<storage key>        o/<2 hex>/<upload id> for what was uploaded
 * <prefix>probe/<random>             for a moment
 * ```
 * Nothing is asked of Azure before the first call.
 *
 * @throws Error with a sentence for people when the address or the credentials are not understood
 */
export async function openAzureStore(
  address: string,
  { environment = {}, onRequest = () => undefined, retryMs = RETRY_MS }: AzureOptions = {},
): Promise<BlobStore> {
  const parsed = parseAzureAddress(address)
  const service = await openAccount(parsed, environment)
  const container = new AzureContainer(service.getContainerClient(parsed.container), { retryMs, onRequest })
  const sign = urlSigner(service, parsed.container)
  const blobs = `${parsed.prefix}blobs/`

  return {
    stat: async (key) => {
      const found = await container.state(blobs + key)
      return found === undefined || found.unfinished ? undefined : { sizeBytes: found.sizeBytes }
    },
    open: (key, range) => container.open(blobs + key, range),
    put: (key, content) => putBlob(container, blobs + key, content),
    directUrl: (key, ttlMs) =>
      sign(blobs + key, ttlMs).catch((error: unknown) => {
        throw asAzureError(error, parsed.container, 'signing an address')
      }),
    delete: (key) => container.delete(blobs + key),
    list: async function* (folder = '') {
      for await (const blob of container.list(blobs + folder, { withUploads: false })) {
        if (!blob.unfinished) yield objectOf(blob, blobs)
      }
    },
    probe: async () => {
      const name = `${parsed.prefix}probe/${randomId()}`
      await container.putWhole(name, Buffer.from('probe'))
      await container.delete(name)
    },
    room: async () => undefined,
    uploads: new AzureUploads(container, blobs),
  }
}

function objectOf({ name, sizeBytes, modifiedAt }: ListedBlob, blobs: string) {
  return { key: name.slice(blobs.length), sizeBytes, modifiedAt }
}
