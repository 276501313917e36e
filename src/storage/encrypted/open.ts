import type { BlobStore } from '../blob-store.ts'
import { openEncryptedStore } from './encrypted-store.ts'
import { listFolderIn } from './key-folder.ts'
import { keyObjectsIn } from './key-objects.ts'
import { Keyring } from './keyring.ts'
import { openMasterKeys } from './master-key.ts'
import type { EncryptionOptions } from './options.ts'

/** Encrypts what is put into a folder. @throws Error with a sentence for people when a key is missing or another one */
export async function openEncryptedFiles(
  files: BlobStore,
  data: string,
  options: EncryptionOptions,
): Promise<BlobStore> {
  const objects = keyObjectsIn(files, listFolderIn(data))
  const keyring = await Keyring.open(objects, openMasterKeys(options))
  return openEncryptedStore({ inner: files, keyring, requireEncrypted: options.requireEncrypted })
}

/** The keys of a folder, without making one. @throws Error with a sentence for people */
export function lookAtKeys(files: BlobStore, data: string, options: EncryptionOptions): Promise<Keyring> {
  return Keyring.look(keyObjectsIn(files, listFolderIn(data)), openMasterKeys(options))
}
