import type { BlobStore, StorageKey } from '../blob-store.ts'

const PREFIX = 'encryption/'
const FOLDER = `${PREFIX}keys/`

/** Wrapped store keys, and nothing else, are below `encryption/`. */
export function isKeyObject(key: StorageKey): boolean {
  return key.startsWith(PREFIX)
}

/** Small files of a store's own, beside what it holds. */
export interface KeyObjects {
  names(): Promise<readonly string[]>
  read(name: string): Promise<string | undefined>
  add(name: string, content: string): Promise<void>
  remove(name: string): Promise<void>
}

export function keyObjectsIn(inner: BlobStore): KeyObjects {
  return {
    names: () => Array.fromAsync(inner.list(FOLDER), ({ key }) => key.slice(FOLDER.length)),
    read: async (name) => {
      const found = await inner.open(FOLDER + name)
      return found && Buffer.from(await found.content.arrayBuffer()).toString('utf8')
    },
    add: async (name, content) => void (await inner.put(FOLDER + name, new Blob([content]))),
    remove: (name) => inner.delete(FOLDER + name),
  }
}

/**
 * Without its key an encrypted store would look as if every blob were missing, and what is stored like litter.
 * @throws Error when what is stored there is encrypted
 */
export async function requireUnencrypted(store: BlobStore): Promise<void> {
  const names = await keyObjectsIn(store).names()
  if (names.length === 0) return
  throw new Error(
    'what is stored here is encrypted: say encryption.keyFile or encryption.keyCommand (--config, or BERTH_ENCRYPTION__KEY_FILE)',
  )
}
