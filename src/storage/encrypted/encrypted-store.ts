import type { BlobStore, StoredObject } from '../blob-store.ts'
import { isKeyObject } from './key-objects.ts'
import type { Keyring } from './keyring.ts'
import { sizeOfObject, SUFFIX } from './layout.ts'
import { EncryptedObjects } from './objects.ts'
import { EncryptedUploads } from './uploads.ts'

export interface EncryptedStoreOptions {
  readonly inner: BlobStore
  readonly keyring: Keyring
  /** Objects that were stored before encryption was turned on are as good as missing. */
  readonly requireEncrypted: boolean
}

/**
 * A store that encrypts. Outside, keys and sizes are those of the content; inside, an encrypted object has ".enc" at
 * its key's end, so what a file holds never decides how it is read. The inner store has to put objects where it is
 * told, as files do.
 */
export function openEncryptedStore({ inner, keyring, requireEncrypted }: EncryptedStoreOptions): BlobStore {
  const objects = new EncryptedObjects(inner, keyring)
  return {
    stat: async (key) => {
      const sealed = await inner.stat(key + SUFFIX)
      if (sealed !== undefined) return { sizeBytes: sizeOfObject(sealed.sizeBytes) }
      return requireEncrypted ? undefined : inner.stat(key)
    },
    open: async (key, range) =>
      (await objects.open(key, range)) ?? (requireEncrypted ? undefined : inner.open(key, range)),
    put: (key, content) => objects.put(key, content),
    // Whoever followed it would get what is stored.
    directUrl: async () => undefined,
    delete: async (key) => {
      objects.forget(key)
      await inner.delete(key + SUFFIX)
      await inner.delete(key)
    },
    list: (folder) => listObjects(inner, folder),
    probe: () => inner.probe(),
    room: () => inner.room(),
    uploads: new EncryptedUploads(inner.uploads, keyring),
  }
}

async function* listObjects(inner: BlobStore, folder: string | undefined): AsyncGenerator<StoredObject> {
  for await (const { key, sizeBytes, modifiedAt } of inner.list(folder)) {
    if (isKeyObject(key)) continue
    if (key.endsWith(SUFFIX))
      yield { key: key.slice(0, -SUFFIX.length), sizeBytes: sizeOfObject(sizeBytes), modifiedAt }
    else yield { key, sizeBytes, modifiedAt }
  }
}
