import type { Log } from '../observability/log.ts'
import type { Registry } from '../registry/registry.ts'
import { findLayout } from '../storage/adopted/find-layout.ts'
import type { TreeLayout } from '../storage/adopted/layout.ts'
import type { Trees } from '../storage/adopted/open-trees.ts'

export interface AdoptParts {
  readonly registry: Registry
  readonly trees: Trees
  readonly log: Log
}

/** A tree, and how it is laid out. */
export interface Place {
  readonly name: string
  readonly layout: TreeLayout
}

/** What lies at the places of the configuration, looked at once each. */
export class Places {
  readonly #trees: Trees
  readonly #found = new Map<string, Place>()

  constructor(trees: Trees) {
    this.#trees = trees
  }

  /** In the order of the configuration. */
  get names(): readonly string[] {
    return [...this.#trees.keys()]
  }

  /** Undefined: nothing of a registry is there, or not yet. @throws StorageUnavailable when it cannot be read */
  async find(name: string): Promise<Place | undefined> {
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const tree = this.#trees.get(name)
    if (tree === undefined) throw new Error(`the configuration names no place "${name}" to adopt`)
    const layout = await findLayout(tree, name)
    if (layout === undefined) return undefined
    const place = { name, layout }
    this.#found.set(name, place)
    return place
  }

  /** @throws Error with a sentence for people when there is no registry, or it cannot be read */
  async require(name: string): Promise<Place> {
    const place = await this.find(name)
    if (place !== undefined) return place
    throw new Error(
      `${this.#trees.get(name)?.label} holds no registry so far: there is neither docker/registry/v2/repositories nor an OCI layout (index.json) in it`,
    )
  }
}
