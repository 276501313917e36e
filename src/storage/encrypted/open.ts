import type { BlobStore } from '../blob-store.ts'
import { openEncryptedStore } from './encrypted-store.ts'
import { keyObjectsIn } from './key-objects.ts'
import { Keyring } from './keyring.ts'
import { openMasterKeys } from './master-key.ts'
import type { EncryptionOptions } from './options.ts'

/** Encrypts what is put into a store. @throws Error with a sentence for people when a key is missing or another one */
export async function openEncryption(inner: BlobStore, options: EncryptionOptions): Promise<BlobStore> {
  const keyring = await Keyring.open(keyObjectsIn(inner), openMasterKeys(options))
  return openEncryptedStore({ inner, keyring, requireEncrypted: options.requireEncrypted })
}

/** The keys of a store, without making one. @throws Error with a sentence for people */
export function lookAtKeys(inner: BlobStore, options: EncryptionOptions): Promise<Keyring> {
  return Keyring.look(keyObjectsIn(inner), openMasterKeys(options))
}
