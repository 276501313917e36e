import { findDistribution } from './distribution.ts'
import type { TreeLayout } from './layout.ts'
import { OciLayouts } from './oci-layout.ts'
import type { Tree } from './tree.ts'

/** What lies at a place. `name` is that of the place. @throws Error with a sentence for people when nothing does */
export async function findLayout(tree: Tree, name: string): Promise<TreeLayout> {
  const distribution = await findDistribution(tree)
  if (distribution !== undefined) return distribution
  const isLayout = (await tree.stat('index.json')) !== undefined
  const layouts = new OciLayouts(tree, isLayout ? name : undefined)
  for await (const _ of layouts.repositories()) return layouts
  throw new Error(
    `${tree.label} holds no registry: there is neither docker/registry/v2/repositories nor an OCI layout (index.json) in it`,
  )
}
