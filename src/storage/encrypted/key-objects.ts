import type { BlobStore, StorageKey } from '../blob-store.ts'

const PREFIX = 'encryption/'
const FOLDER = `${PREFIX}keys`

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

/** The names of the objects directly below a prefix. */
export type ListFolder = (folder: string) => Promise<readonly string[]>

/** `listFolder` should be quicker than listing everything. */
export function keyObjectsIn(
  inner: BlobStore,
  listFolder: ListFolder = (folder) => listAll(inner, folder),
): KeyObjects {
  const keyOf = (name: string) => `${FOLDER}/${name}`
  return {
    names: () => listFolder(FOLDER),
    read: async (name) => {
      const found = await inner.open(keyOf(name))
      return found && Buffer.from(await found.content.arrayBuffer()).toString('utf8')
    },
    add: async (name, content) => void (await inner.put(keyOf(name), new Blob([content]))),
    remove: (name) => inner.delete(keyOf(name)),
  }
}

async function listAll(inner: BlobStore, folder: string): Promise<string[]> {
  const names: string[] = []
  for await (const { key } of inner.list()) if (key.startsWith(`${folder}/`)) names.push(key.slice(folder.length + 1))
  return names
}
