import { Recent } from '../../lib/recent.ts'
import { type Digest, isDigest } from '../../oci/digest.ts'
import { isRepositoryName, type RepositoryName, type Tag } from '../../oci/name.ts'
import { BrokenTree, type FoundBlob, type FoundTag, type TreeLayout } from './layout.ts'
import type { Tree, TreeFile } from './tree.ts'

const INDEX_BYTES = 256 * 1024 * 1024
/** image-spec annotations.md: the name of a manifest in a layout. */
const REF_NAME = 'org.opencontainers.image.ref.name'
const REMEMBERED = 16
const REMEMBERED_MS = 1000
const ALGORITHMS = ['sha256', 'sha512'] as const

/**
 * Image layouts (image-spec image-layout.md), as zot keeps one for each repository below its root:
 * ```
 * <name>/oci-layout
 * <name>/index.json
 * <name>/blobs/sha256/<hex>
 * ```
 * `own`: there is a layout at the root itself, which is the repository of that name.
 */
export class OciLayouts implements TreeLayout {
  readonly kind = 'OCI layout'
  readonly #tree: Tree
  readonly #own: string | undefined
  /** All tags of a repository are in one file, which is remembered for a moment. */
  readonly #indexes = new Recent<RepositoryName, Remembered>(REMEMBERED)

  constructor(tree: Tree, own: string | undefined) {
    this.#tree = tree
    this.#own = own
  }

  async *repositories(onLink?: (folder: string) => void, folder = ''): AsyncGenerator<RepositoryName> {
    const { folders, links, isLayout } = await this.#look(folder)
    const at = (name: string) => (folder === '' ? name : `${folder}/${name}`)
    for (const link of links) onLink?.(at(link))
    const name = folder === '' ? this.#own : folder
    if (isLayout && name !== undefined && isRepositoryName(name)) yield name
    for (const each of folders) if (!(isLayout && each === 'blobs')) yield* this.repositories(onLink, at(each))
  }

  async #look(folder: string) {
    const folders: string[] = []
    const links: string[] = []
    let isLayout = false
    for await (const { name, isFolder, isLink } of this.#tree.entries(folder)) {
      if (isLink) links.push(name)
      else if (!isFolder) isLayout ||= name === 'index.json'
      else if (!/^[._]/.test(name)) folders.push(name)
    }
    return { folders, links, isLayout }
  }

  async hasRepository(name: RepositoryName): Promise<boolean> {
    const folder = this.#folder(name)
    if ((await this.#tree.stat(`${folder}index.json`)) === undefined) return false
    return this.#tree.isDirect('', folder.replace(/\/$/, ''))
  }

  lists(name: RepositoryName): Promise<boolean> {
    return this.hasRepository(name)
  }

  async *tags(name: RepositoryName): AsyncGenerator<string> {
    for (const tag of (await this.#index(name))?.tags.keys() ?? []) yield tag
  }

  async tag(name: RepositoryName, tag: Tag): Promise<FoundTag | string | undefined> {
    const index = await this.#index(name)
    const digest = index?.tags.get(tag)
    return digest && { digest, setAt: index?.modifiedAt }
  }

  async *manifests(name: RepositoryName): AsyncGenerator<Digest> {
    yield* (await this.#index(name))?.digests ?? []
  }

  async manifest(name: RepositoryName, digest: Digest, maxBytes: number): Promise<TreeFile | undefined> {
    return this.#tree.read(this.#data(name, digest), maxBytes)
  }

  async blob(name: RepositoryName, digest: Digest): Promise<FoundBlob | undefined> {
    const path = this.#data(name, digest)
    const found = await this.#tree.stat(path)
    return found && { path, sizeBytes: found.sizeBytes }
  }

  async *stored(): AsyncGenerator<FoundBlob & { readonly digest: Digest }> {
    for await (const name of this.repositories())
      for (const algorithm of ALGORITHMS)
        for await (const entry of this.#tree.entries(`${this.#folder(name)}blobs/${algorithm}`)) {
          const digest = `${algorithm}:${entry.name}`
          const found = isDigest(digest) ? await this.blob(name, digest) : undefined
          if (isDigest(digest) && found !== undefined) yield { digest, ...found }
        }
  }

  #index(name: RepositoryName): Promise<Index | undefined> {
    const now = performance.now()
    const known = this.#indexes.get(name)
    if (known !== undefined && now - known.readAt <= REMEMBERED_MS) return known.index
    const index = this.#readIndex(name)
    this.#indexes.set(name, { readAt: now, index })
    return index
  }

  async #readIndex(name: RepositoryName): Promise<Index | undefined> {
    const file = await this.#tree.read(`${this.#folder(name)}index.json`, INDEX_BYTES)
    return file && parseIndex(file)
  }

  #folder(name: RepositoryName): string {
    return name === this.#own ? '' : `${name}/`
  }

  #data(name: RepositoryName, digest: Digest): string {
    return `${this.#folder(name)}blobs/${digest.replace(':', '/')}`
  }
}

interface Remembered {
  /** On the clock of `performance.now()`. */
  readonly readAt: number
  readonly index: Promise<Index | undefined>
}

interface Index {
  readonly tags: ReadonlyMap<string, Digest>
  readonly digests: readonly Digest[]
  readonly modifiedAt: Date
}

/** @throws BrokenTree */
function parseIndex({ bytes, modifiedAt }: TreeFile): Index {
  const tags = new Map<string, Digest>()
  const digests: Digest[] = []
  for (const { digest, annotations } of manifestsIn(bytes)) {
    if (digest === undefined || !isDigest(digest)) continue
    digests.push(digest)
    const tag = annotations?.[REF_NAME]
    if (tag !== undefined) tags.set(tag, digest)
  }
  return { tags, digests, modifiedAt }
}

interface Entry {
  readonly digest?: string
  readonly annotations?: Readonly<Record<string, string>>
}

function manifestsIn(bytes: Uint8Array): readonly Entry[] {
  try {
    const { manifests } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly manifests?: readonly Entry[] }
    if (Array.isArray(manifests)) return manifests
  } catch {
    // Said below.
  }
  throw new BrokenTree('index.json is not the index of an image layout')
}
