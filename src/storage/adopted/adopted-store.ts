import type { AdoptedObjects, BlobStore, StorageKey } from '../blob-store.ts'
import { findLayout } from './find-layout.ts'
import { PlaceAway } from './place-away.ts'
import type { Tree } from './tree.ts'
import type { Trees } from './open-trees.ts'

const FOLDER = 'adopted/'

/** Where a file of an adopted tree is, among the keys of our own objects. */
export function adoptedKey(place: string, path: string): StorageKey {
  return `${FOLDER}${place}/${path}`
}

interface Adopted {
  readonly tree: Tree
  readonly path: string
}

/**
 * A store with trees of other registries below it, which are only read: `adopted/<place>/<path>` is a file there, unless
 * there is none; then it is an object of our own under that key, as a backup or a move to another store leaves it.
 * Whatever is written or removed is ours.
 */
export function openAdoptedStore(own: BlobStore, trees: Trees): BlobStore {
  const find = (key: StorageKey): Adopted | undefined => {
    if (!key.startsWith(FOLDER)) return undefined
    const slash = key.indexOf('/', FOLDER.length)
    const tree = trees.get(key.slice(FOLDER.length, slash))
    return tree && { tree, path: key.slice(slash + 1) }
  }
  return {
    stat: async (key) => {
      const adopted = find(key)
      return (await adopted?.tree.stat(adopted.path)) ?? own.stat(key)
    },
    open: async (key, range) => {
      const adopted = find(key)
      return (await adopted?.tree.open(adopted.path, range)) ?? own.open(key, range)
    },
    put: (key, content) => own.put(key, content),
    directUrl: async (key, ttlMs) => {
      const adopted = find(key)
      return adopted === undefined ? own.directUrl(key, ttlMs) : adopted.tree.directUrl(adopted.path, ttlMs)
    },
    delete: (key) => own.delete(key),
    list: (folder) => own.list(folder),
    probe: () => own.probe(),
    room: () => own.room(),
    uploads: own.uploads,
    adopted: { places: [...trees.keys()], list: () => listAdopted(trees) },
  }
}

async function* listAdopted(trees: Trees): ReturnType<AdoptedObjects['list']> {
  for (const [place, tree] of trees) {
    const layout = await findLayout(tree, place)
    if (layout === undefined) throw new PlaceAway(`nothing of a registry is in ${tree.label} (adopt.${place})`)
    for await (const { digest, path, sizeBytes } of layout.stored())
      yield { digest, key: adoptedKey(place, path), sizeBytes }
  }
}
