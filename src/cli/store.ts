import { environment } from '../config/environment.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { openStore, type StoreOptions } from '../storage/open.ts'

/** Where a configuration keeps its objects, with what the environment says of it. */
export function storeOf({ storage, data, encryption, adopt }: StoreOptions): Promise<BlobStore> {
  return openStore({ storage, data, encryption, adopt, environment })
}
