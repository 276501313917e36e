import { setAt, type Tree } from '../tree.ts'
import { GivenKeys, type Note } from './given-keys.ts'

export interface ConvertOptions {
  /** Whether the configuration is all there is; otherwise a few keys of it, and what is not said is ours to decide. */
  readonly isWhole: boolean
  /** Whether images of distribution lie in that folder. */
  readonly hasImages: (folder: string) => boolean
}

/** Distribution's configuration in our words. */
export interface Converted {
  /** As a file of ours has them. */
  readonly values: Tree
  readonly notes: readonly Note[]
  /** To be run once: what is no configuration here. */
  readonly commands: readonly string[]
  /** Secrets, by the environment variables that hold them here. */
  readonly variables: Readonly<Record<string, string>>
  /** Why a registry with this configuration would not be what it was. */
  readonly problems: readonly string[]
}

/** A configuration that is being converted, a section after the other. */
export class Draft {
  readonly keys: GivenKeys
  readonly options: ConvertOptions
  readonly #values: Tree = {}
  readonly #commands: string[] = []
  readonly #variables: Record<string, string> = {}
  readonly #problems: string[] = []

  constructor(tree: Tree, options: ConvertOptions) {
    this.keys = new GivenKeys(tree)
    this.options = options
  }

  set(path: string, value: unknown): void {
    setAt(this.#values, path.split('.'), value)
  }

  /** Takes over a value as it is. */
  copy(key: string, path: string): void {
    const value = this.keys.text(key)
    if (value !== undefined) this.set(path, value)
    this.keys.say(key, path)
  }

  /** A secret, which stands in no file of ours. */
  keep(key: string, variable: string): void {
    const value = this.keys.text(key)
    if (value !== undefined) this.#variables[variable] = value
    this.keys.say(key, `the environment variable ${variable}: a secret does not belong into this file`)
  }

  run(command: string): void {
    this.#commands.push(command)
  }

  refuse(key: string, problem: string): void {
    if (!this.keys.has(key)) return
    this.settle(`${key}: ${problem}`)
    this.keys.say(key, `nothing: ${problem}`)
  }

  settle(problem: string): void {
    this.#problems.push(problem)
  }

  end(): Converted {
    return {
      values: this.#values,
      notes: this.keys.notes(),
      commands: this.#commands,
      variables: this.#variables,
      problems: this.#problems,
    }
  }
}
