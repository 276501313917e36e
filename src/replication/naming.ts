import { Problem } from '../lib/problem.ts'
import { isRepositoryName } from '../oci/name.ts'

/** How repositories are called at the target. */
export interface Naming {
  readonly stripPrefix: string
  readonly addPrefix: string
  readonly flatten: boolean
}

/** @throws Problem when a prefix could not stand in any name */
export function parseNaming({ stripPrefix, addPrefix, flatten }: Naming): (name: string) => string {
  if (addPrefix !== '' && !isRepositoryName(`${addPrefix}a`))
    throw new Problem('invalid', `"${addPrefix}" cannot stand before the name of a repository; perhaps "${addPrefix}/"`)
  return (name) => {
    const stripped = stripPrefix !== '' && name.startsWith(stripPrefix) ? name.slice(stripPrefix.length) : name
    if (addPrefix.endsWith('/') && !flatten) requireNotAround(stripped, addPrefix)
    const last = flatten ? stripped.slice(stripped.lastIndexOf('/') + 1) : stripped
    const there = `${addPrefix}${last}`
    if (isRepositoryName(there)) return there
    throw new Problem('invalid', `"${name}" would be called "${there}" there, which is no name of a repository`)
  }
}

/**
 * Two registries that put a prefix before everything that they send each other would do so for ever. A name that has
 * the prefix inside has been here before.
 */
function requireNotAround(name: string, prefix: string): void {
  if (`/${name}`.includes(`/${prefix}`))
    throw new Problem('conflict', `"${name}" has "${prefix}" in it already: it came round in a loop`)
}
