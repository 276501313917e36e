import { isTree, type Tree } from '../tree.ts'

/** What a key of distribution's configuration became here. */
export interface Note {
  readonly key: string
  /** Never with a value in it: that may be a secret. */
  readonly became: string
}

/** The keys of distribution's configuration as somebody gave them, and what was said of each. */
export class GivenKeys {
  readonly #tree: Tree
  readonly #said = new Map<string, string>()
  readonly #saidAlone = new Map<string, string>()

  constructor(tree: Tree) {
    this.#tree = tree
  }

  value(path: string): unknown {
    let at: unknown = this.#tree
    for (const key of path.split('.')) at = isTree(at) && Object.hasOwn(at, key) ? at[key] : undefined
    return at
  }

  has(path: string): boolean {
    return this.value(path) !== undefined
  }

  /** Undefined for what is not there, is empty, or is no single value. */
  text(path: string): string | undefined {
    const value = this.value(path)
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  isTrue(path: string): boolean {
    return this.text(path) === 'true'
  }

  /** Of a key, or of all keys below it; what is not there needs no word. */
  say(path: string, became: string): void {
    this.#said.set(path, became)
  }

  /** Of a key that has none below it. */
  sayAlone(path: string, became: string): void {
    this.#saidAlone.set(path, became)
  }

  /** In the order of the file, each once. Whatever nobody spoke of is not known here. */
  notes(): Note[] {
    const notes = new Map<string, string>()
    for (const leaf of leavesOf(this.#tree)) {
      const path = this.#spokenOf(leaf)
      const became = path === undefined ? this.#saidAlone.get(leaf) : this.#said.get(path)
      notes.set(path ?? leaf, became ?? 'nothing: no such key of distribution is known here')
    }
    return [...notes].map(([key, became]) => ({ key, became }))
  }

  #spokenOf(leaf: string): string | undefined {
    for (let path = leaf; ; path = path.slice(0, path.lastIndexOf('.'))) {
      if (this.#said.has(path)) return path
      if (!path.includes('.')) return undefined
    }
  }
}

function* leavesOf(tree: Tree, prefix = ''): Generator<string> {
  for (const [key, value] of Object.entries(tree)) {
    if (isTree(value) && Object.keys(value).length > 0) yield* leavesOf(value, `${prefix}${key}.`)
    else yield prefix + key
  }
}
