import { algorithmOf, type Digest, type DigestAlgorithm, isDigest } from '../../oci/digest.ts'
import { isRepositoryName, type RepositoryName, type Tag } from '../../oci/name.ts'
import { guardTree } from './guarded-tree.ts'
import type { FoundBlob, FoundTag, TreeLayout } from './layout.ts'
import type { Tree } from './tree.ts'

/** A link holds a digest, perhaps with a line end. */
const LINK_BYTES = 256
const ALGORITHMS: readonly DigestAlgorithm[] = ['sha256', 'sha512']
const V2 = 'docker/registry/v2/'

/**
 * The tree of distribution (`docker-registry`), of Harbor and of GitLab's registry:
 * ```
 * blobs/sha256/ab/<hex>/data
 * repositories/<name>/_manifests/tags/<tag>/current/link
 * repositories/<name>/_manifests/revisions/sha256/<hex>/link
 * repositories/<name>/_layers/sha256/<hex>/link
 * ```
 * `undefined`: there is none at this place, neither here nor in `docker/registry/v2`.
 */
export async function findDistribution(tree: Tree): Promise<TreeLayout | undefined> {
  for (const base of [V2, '']) {
    const isThere = () => hasRepositories(tree, base)
    if (await isThere()) return new Distribution(guardTree(tree, isThere), base)
  }
  return undefined
}

async function hasRepositories(tree: Tree, base: string): Promise<boolean> {
  for await (const { name, isFolder } of tree.entries(base.slice(0, -1)))
    if (isFolder && name === 'repositories') return true
  return false
}

class Distribution implements TreeLayout {
  readonly kind = 'distribution'
  readonly #tree: Tree
  readonly #base: string

  constructor(tree: Tree, base: string) {
    this.#tree = tree
    this.#base = base
  }

  async *repositories(onLink?: (folder: string) => void, folder = ''): AsyncGenerator<RepositoryName> {
    const at = `${this.#base}repositories${folder === '' ? '' : `/${folder}`}`
    for await (const { name, isFolder, isLink } of this.#tree.entries(at)) {
      const path = folder === '' ? name : `${folder}/${name}`
      if (isLink) onLink?.(path)
      if (!isFolder) continue
      if (name === '_manifests' && isRepositoryName(folder)) yield folder
      // Folders of the registry's own begin so, and no part of a name does.
      if (!name.startsWith('_')) yield* this.repositories(onLink, path)
    }
  }

  async hasRepository(name: RepositoryName): Promise<boolean> {
    const folder = `${this.#repository(name)}/_manifests`
    for await (const _ of this.#tree.entries(folder))
      return this.#tree.isDirect(`${this.#base}repositories`, `${name}/_manifests`)
    return false
  }

  async lists(name: RepositoryName): Promise<boolean> {
    for await (const entry of this.#tree.entries(this.#repository(name))) if (entry.name === '_manifests') return true
    return false
  }

  async *tags(name: RepositoryName): AsyncGenerator<string> {
    for await (const entry of this.#tree.entries(`${this.#repository(name)}/_manifests/tags`))
      if (entry.isFolder) yield entry.name
  }

  async tag(name: RepositoryName, tag: Tag): Promise<FoundTag | string | undefined> {
    const link = await this.#tree.read(`${this.#repository(name)}/_manifests/tags/${tag}/current/link`, LINK_BYTES)
    if (link === undefined) return undefined
    const text = new TextDecoder().decode(link.bytes).trim()
    if (!isDigest(text)) return text === '' ? 'its link is empty' : 'its link holds no digest'
    return { digest: text, setAt: link.modifiedAt }
  }

  async *manifests(name: RepositoryName): AsyncGenerator<Digest> {
    for (const algorithm of ALGORITHMS) {
      const folder = `${this.#repository(name)}/_manifests/revisions/${algorithm}`
      for await (const entry of this.#tree.entries(folder)) {
        const digest = `${algorithm}:${entry.name}`
        // Deleting a manifest takes the link from its folder, and leaves that.
        if (isDigest(digest) && (await this.#hasLink(`${folder}/${entry.name}`))) yield digest
      }
    }
  }

  async manifest(name: RepositoryName, digest: Digest, maxBytes: number) {
    const has = await this.#hasLink(`${this.#repository(name)}/_manifests/revisions/${partsOf(digest)}`)
    return has ? this.#tree.read(this.#data(digest), maxBytes) : undefined
  }

  async blob(name: RepositoryName, digest: Digest): Promise<FoundBlob | undefined> {
    if (!(await this.#hasLink(`${this.#repository(name)}/_layers/${partsOf(digest)}`))) return undefined
    const path = this.#data(digest)
    const found = await this.#tree.stat(path)
    return found && { path, sizeBytes: found.sizeBytes }
  }

  async *stored(): AsyncGenerator<FoundBlob & { readonly digest: Digest }> {
    for (const algorithm of ALGORITHMS) {
      const folder = `${this.#base}blobs/${algorithm}`
      for await (const { name: start } of this.#tree.entries(folder))
        for await (const { name: hex } of this.#tree.entries(`${folder}/${start}`)) {
          const digest = `${algorithm}:${hex}`
          if (!isDigest(digest)) continue
          const path = this.#data(digest)
          const found = await this.#tree.stat(path)
          if (found !== undefined) yield { digest, path, sizeBytes: found.sizeBytes }
        }
    }
  }

  #repository(name: RepositoryName): string {
    return `${this.#base}repositories/${name}`
  }

  async #hasLink(folder: string): Promise<boolean> {
    return (await this.#tree.stat(`${folder}/link`)) !== undefined
  }

  #data(digest: Digest): string {
    const algorithm = algorithmOf(digest)
    const hex = digest.slice(algorithm.length + 1)
    return `${this.#base}blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`
  }
}

/** `sha256/<hex>` */
function partsOf(digest: Digest): string {
  return digest.replace(':', '/')
}
