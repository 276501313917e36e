import type { Log } from '../observability/log.ts'
import type { Registry } from '../registry/registry.ts'
import { requireLayout } from '../storage/adopted/find-layout.ts'
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

  /** @throws Error with a sentence for people when there is no registry, or it cannot be read */
  async find(name: string): Promise<Place> {
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const tree = this.#trees.get(name)
    if (tree === undefined) throw new Error(`the configuration names no place "${name}" to adopt`)
    const place = { name, layout: await requireLayout(tree, name) }
    this.#found.set(name, place)
    return place
  }
}
