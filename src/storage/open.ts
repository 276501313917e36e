import { resolve } from 'node:path'
import type { BlobStore } from './blob-store.ts'
import { openFilesystemStore } from './filesystem.ts'

export interface StoreOptions {
  /** Where objects are: `s3://…`, `azure://…`, `gs://…`; undefined: in the data folder. */
  readonly storage?: string | undefined
  readonly data: string
}

/** @throws Error with a sentence for people when the address is not understood */
export async function openStore({ storage, data }: StoreOptions): Promise<BlobStore> {
  if (storage === undefined) return openFilesystemStore(resolve(data))
  throw new Error(`storage: "${storage}" is not understood`)
}
