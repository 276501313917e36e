import { PlaceAway } from './place-away.ts'
import type { Tree, TreeEntry } from './tree.ts'

/**
 * A tree in which missing means missing: what is not found is believed only while the place itself is there, and looked for
 * once more after that was seen. A folder that was moved away, or a file system that is not mounted, has nothing in it
 * either. @throws PlaceAway
 */
export function guardTree(tree: Tree, isThere: () => Promise<boolean>): Tree {
  const requireThere = async () => {
    if (!(await isThere())) throw new PlaceAway(`${tree.label} is not there, or not all of it, at the moment`)
  }
  const guarded = async <T>(look: () => Promise<T | undefined>): Promise<T | undefined> => {
    const found = await look()
    if (found !== undefined) return found
    await requireThere()
    return look()
  }
  return {
    ...tree,
    stat: (path) => guarded(() => tree.stat(path)),
    read: (path, maxBytes) => guarded(() => tree.read(path, maxBytes)),
    open: (path, range) => guarded(() => tree.open(path, range)),
    async *entries(path) {
      let isEmpty = true
      const passed = async function* (entries: AsyncIterable<TreeEntry>) {
        for await (const entry of entries) {
          isEmpty = false
          yield entry
        }
      }
      yield* passed(tree.entries(path))
      if (!isEmpty) return
      await requireThere()
      yield* passed(tree.entries(path))
    },
  }
}
