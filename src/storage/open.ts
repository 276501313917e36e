import { resolve } from 'node:path'
import { openAdoptedStore } from './adopted/adopted-store.ts'
import { type AdoptedPlaces, openTrees } from './adopted/open-trees.ts'
import type { BlobStore } from './blob-store.ts'
import { requireUnencrypted } from './encrypted/key-objects.ts'
import type { EncryptionOptions } from './encrypted/options.ts'
import { openFilesystemStore } from './filesystem.ts'

export interface StoreOptions {
  /** Where objects are: `s3://…`, `azure://…`, `gs://…`; undefined: in the data folder. */
  readonly storage?: string | undefined
  readonly data: string
  readonly encryption?: EncryptionOptions | undefined
  /** Trees of other registries, which are served where they lie. Undefined: a store that knows of none, and has what it has. */
  readonly adopt?: AdoptedPlaces | undefined
  /** Called for each request to an object store, retries included. */
  readonly onRequest?: ((operation: string) => void) | undefined
  /** For Azure's key or connection string; what other variables there are the SDKs read by themselves. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/** @throws Error with a sentence for people when the address is not understood */
export async function openStore({ adopt, ...options }: StoreOptions): Promise<BlobStore> {
  const own = await openOwn(options)
  // Also without a place: what was adopted once is then away, and not damaged.
  return adopt === undefined ? own : openAdoptedStore(own, await openTrees(adopt))
}

async function openOwn({ storage, data, encryption, ...options }: StoreOptions): Promise<BlobStore> {
  if (storage === undefined) return openFiles(data, encryption)
  if (encryption !== undefined)
    throw new Error(
      'encryption: works for files; an object store encrypts by itself (for S3: ?sse=aws:kms or ?sseCustomerKeyFile=…)',
    )
  // Their SDKs take longer to load than the whole server.
  if (storage.startsWith('s3:')) return (await import('./s3/store.ts')).openS3Store(storage, options)
  if (storage.startsWith('azure:')) return (await import('./azure/store.ts')).openAzureStore(storage, options)
  if (storage.startsWith('gs:')) return (await import('./gcs/store.ts')).openGcsStore(storage, options)
  throw new Error(`storage: "${storage}" is not understood`)
}

async function openFiles(data: string, encryption: EncryptionOptions | undefined): Promise<BlobStore> {
  const files = openFilesystemStore(resolve(data))
  if (encryption === undefined) {
    await requireUnencrypted(files)
    return files
  }
  const { openEncryption } = await import('./encrypted/open.ts')
  return openEncryption(files, encryption)
}
