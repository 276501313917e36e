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
  readonly place: string
  /** Undefined: this process knows of no such place. */
  readonly tree: Tree | undefined
  readonly path: string
}

/**
 * A store with trees of other registries below it, which are only read: `adopted/<place>/<path>` is a file there, unless
 * there is none; then it is an object of our own under that key, as a backup or a move to another store leaves it.
 * Whatever is written or removed is ours. Looking for an adopted file throws PlaceAway when its place is not there, or
 * not in the configuration: nobody knows then what became of it.
 */
export function openAdoptedStore(own: BlobStore, trees: Trees): BlobStore {
  const find = (key: StorageKey): Adopted | undefined => {
    if (!key.startsWith(FOLDER)) return undefined
    const slash = key.indexOf('/', FOLDER.length)
    const place = key.slice(FOLDER.length, slash)
    return { place, tree: trees.get(place), path: key.slice(slash + 1) }
  }
  return {
    stat: async (key) => {
      const adopted = find(key)
      if (adopted === undefined) return own.stat(key)
      const found = (await adopted.tree?.stat(adopted.path)) ?? (await own.stat(key))
      return found ?? (await requireTree(adopted)).stat(adopted.path)
    },
    open: async (key, range) => {
      const adopted = find(key)
      if (adopted === undefined) return own.open(key, range)
      const found = (await adopted.tree?.open(adopted.path, range)) ?? (await own.open(key, range))
      return found ?? (await requireTree(adopted)).open(adopted.path, range)
    },
    put: (key, content) => own.put(key, content),
    directUrl: async (key, ttlMs) => {
      const adopted = find(key)
      return adopted?.tree === undefined ? own.directUrl(key, ttlMs) : adopted.tree.directUrl(adopted.path, ttlMs)
    },
    delete: (key) => own.delete(key),
    list: (folder) => own.list(folder),
    probe: () => own.probe(),
    room: () => own.room(),
    uploads: own.uploads,
    ...(trees.size > 0 && { adopted: { places: [...trees.keys()], list: () => listAdopted(trees) } }),
  }
}

/** To look once more: what was missing may have been so because all of it was, a moment ago. @throws PlaceAway */
async function requireTree({ place, tree }: Adopted): Promise<Tree> {
  if (tree === undefined)
    throw new PlaceAway(`the adopted place "${place}" is not in this configuration (the key adopt.${place})`)
  if ((await findLayout(tree, place)) === undefined)
    throw new PlaceAway(`nothing of a registry is in ${tree.label} at the moment (adopt.${place})`)
  return tree
}

async function* listAdopted(trees: Trees): ReturnType<AdoptedObjects['list']> {
  for (const [place, tree] of trees) {
    const layout = await findLayout(tree, place)
    if (layout === undefined) throw new PlaceAway(`nothing of a registry is in ${tree.label} (adopt.${place})`)
    for await (const { digest, path, sizeBytes } of layout.stored())
      yield { digest, key: adoptedKey(place, path), sizeBytes }
  }
}
