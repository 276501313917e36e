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
    throw new Problem('invalid', `"${addPrefix}" cannot stand before the name of a repository: ${whyNot(addPrefix)}`)
  return (name) => {
    const stripped = stripPrefix !== '' && name.startsWith(stripPrefix) ? name.slice(stripPrefix.length) : name
    const last = flatten ? stripped.slice(stripped.lastIndexOf('/') + 1) : stripped
    // Flattened, names lose what stands before the last slash of the prefix each time they come by.
    requireNotAround(last, flatten ? addPrefix.slice(addPrefix.lastIndexOf('/') + 1) : addPrefix)
    const there = `${addPrefix}${last}`
    if (isRepositoryName(there)) return there
    throw new Problem('invalid', `"${name}" would be called "${there}" there, which is no name of a repository`)
  }
}

function whyNot(addPrefix: string): string {
  if (isRepositoryName(`${addPrefix}/a`)) return `perhaps "${addPrefix}/"`
  return 'it is made of lower-case letters and digits, separated by "/", ".", "_", "__" or "-"'
}

/**
 * Two registries that put a prefix before everything that they send each other would do so for ever, and so would one
 * that is its own remote. A name that has the prefix inside has been here before. Where the prefix ends within a word,
 * one may begin so by itself: twice it does not.
 */
function requireNotAround(name: string, prefix: string): void {
  if (prefix === '') return
  const isAround = prefix.endsWith('/') ? `/${name}`.includes(`/${prefix}`) : name.startsWith(`${prefix}${prefix}`)
  if (isAround) throw new Problem('conflict', `"${name}" has "${prefix}" in it already: it came round in a loop`)
}
