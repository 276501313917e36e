import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ListFolder } from './key-objects.ts'

/** Names of objects of a file store below a prefix, without walking through all others. */
export function listFolderIn(data: string): ListFolder {
  return async (folder) => {
    const path = join(resolve(data), 'blobs', folder)
    return existsSync(path) ? readdirSync(path) : []
  }
}

/**
 * Without its key an encrypted store would look as if every blob were missing, and what is stored like litter.
 * @throws Error when what is stored there is encrypted
 */
export async function requireUnencrypted(data: string): Promise<void> {
  const names = await listFolderIn(data)('encryption/keys')
  if (names.length === 0) return
  throw new Error(
    `what is stored in ${resolve(data)} is encrypted: say encryption.keyFile or encryption.keyCommand (--config, or BERTH_ENCRYPTION__KEY_FILE)`,
  )
}
