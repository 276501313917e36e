import { ANY_NAME, asWritten, describeKeys } from './keys.ts'
import type { Origin, Origins } from './origins.ts'
import { withoutSecrets } from './redact.ts'
import type { Config } from './schema.ts'
import { isTree } from './tree.ts'

export type SettingValue = string | number | boolean | readonly string[]

/** One key of the configuration as it is in force. */
export interface Setting {
  /** With the user's own names in it. */
  readonly key: string
  /** As a file has it, without secrets; undefined: none. */
  readonly value: SettingValue | undefined
  /** Undefined: none, or nothing that could be written there. */
  readonly default: string | undefined
  readonly origin: Origin | 'default'
  readonly description: string
  /** Part of the value is not told. */
  readonly isHidden: boolean
}

/** Every key in the order of its reference. Secrets are no part of it: whoever reads it may pass it on. */
export function describeSettings(config: Config, origins: Origins): Setting[] {
  const written = asWritten(config)
  return describeKeys().flatMap(({ path, ...about }) =>
    valuesAt(written, path.split('.')).map(([names, value]) => {
      const key = names.join('.')
      const told = withoutSecrets(path, value)
      const isHidden = JSON.stringify(told) !== JSON.stringify(value)
      return { key, ...about, value: told, origin: origins[key] ?? 'default', isHidden }
    }),
  )
}

/** One value where the path has no name of the user's choice; otherwise as many as there are names. */
function valuesAt(
  tree: unknown,
  path: readonly string[],
  above: readonly string[] = [],
): [string[], SettingValue | undefined][] {
  const [key, ...rest] = path
  if (key === undefined) return [[[...above], tree as SettingValue | undefined]]
  const branch = isTree(tree) ? tree : {}
  const names = key === ANY_NAME ? Object.keys(branch) : [key]
  return names.flatMap((name) => valuesAt(branch[name], rest, [...above, name]))
}
