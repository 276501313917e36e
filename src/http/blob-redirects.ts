import type { Config } from '../config/schema.ts'
import { isWithin, parseNetworks } from '../lib/networks.ts'
import type { BlobRecord } from '../metadata/blobs.ts'
import { SMALL_BLOB_BYTES } from '../registry/content-cache.ts'
import type { BlobStore } from '../storage/blob-store.ts'

/** Where a client at that address gets the bytes of a blob without us; undefined: from us. */
export type BlobRedirects = (blob: BlobRecord, address: string) => Promise<URL | undefined>

/** @throws Error with a sentence for people when a network is not understood */
export function blobRedirects({ mode, networks, ttl }: Config['redirect'], blobs: BlobStore): BlobRedirects {
  if (mode === 'off') return async () => undefined
  const near = parseNetworks(networks)
  return async ({ storageKey, sizeBytes }, address) => {
    // What is small is in memory here, and quicker than a second connection.
    if (storageKey === undefined || sizeBytes <= SMALL_BLOB_BYTES) return undefined
    if (networks.length > 0 && !isWithin(address, near)) return undefined
    return blobs.directUrl(storageKey, ttl)
  }
}
