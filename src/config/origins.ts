import { isTree, type Tree } from './tree.ts'

/** Where a value of the configuration is from. */
export type Origin = 'file' | 'environment' | 'flag' | 'distribution'

/** By key; what is absent is a default. */
export type Origins = Readonly<Record<string, Origin>>

/** Says of every value of a tree that it is from there; what was said before is said anew. */
export function noteOrigin(origins: Record<string, Origin>, tree: Tree, origin: Origin, prefix = ''): void {
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (isTree(value)) noteOrigin(origins, value, origin, path)
    else origins[path] = origin
  }
}
