import { openFolderTree } from './folder-tree.ts'
import type { Tree } from './tree.ts'

/** Places by their names, each a folder, or the address of a bucket. */
export type AdoptedPlaces = Readonly<Record<string, string>>
export type Trees = ReadonlyMap<string, Tree>

/** @throws Error with a sentence for people when an address is not understood */
export async function openTrees(places: AdoptedPlaces): Promise<Trees> {
  const trees = new Map<string, Tree>()
  for (const [name, address] of Object.entries(places)) trees.set(name, await openTree(address))
  return trees
}

async function openTree(address: string): Promise<Tree> {
  // Their SDKs take longer to load than the whole server.
  if (address.startsWith('s3:')) return (await import('../s3/store.ts')).openS3Tree(address)
  if (address.startsWith('gs:')) return (await import('../gcs/store.ts')).openGcsTree(address)
  return openFolderTree(address)
}
