import { findDistribution } from './distribution.ts'
import { guardTree } from './guarded-tree.ts'
import type { TreeLayout } from './layout.ts'
import { OciLayouts } from './oci-layout.ts'
import type { Tree } from './tree.ts'

/**
 * What lies at a place. `name` is that of the place. Undefined: it can be read, and nothing of a registry is in it.
 * @throws PlaceAway
 */
export async function findLayout(tree: Tree, name: string): Promise<TreeLayout | undefined> {
  await tree.requireThere()
  return (await findDistribution(tree)) ?? (await findLayouts(tree, name))
}

async function findLayouts(tree: Tree, name: string): Promise<TreeLayout | undefined> {
  const own = (await tree.stat('index.json')) === undefined ? undefined : name
  const hasAny = async () => {
    for await (const _ of new OciLayouts(tree, own).repositories()) return true
    return false
  }
  return (await hasAny()) ? new OciLayouts(guardTree(tree, hasAny), own) : undefined
}
