import { isTree, type Tree } from '../tree.ts'

const PREFIX = 'REGISTRY_'

/** The first level of distribution's configuration. Others of that prefix are CI's and Kubernetes' own (`REGISTRY_PORT`). */
const SECTIONS = [
  ...['log', 'loglevel', 'storage', 'auth', 'middleware', 'reporting', 'http', 'notifications', 'redis', 'health'],
  ...['catalog', 'tags', 'proxy', 'compatibility', 'validation', 'policy'],
]

/** Podman, buildah and skopeo keep their passwords in the file that this names. */
const OF_OTHERS: readonly string[] = ['REGISTRY_AUTH_FILE']

export type Variables = Readonly<Record<string, string | undefined>>

/** Those that mean a key, less specific ones first: `REGISTRY_STORAGE` before `REGISTRY_STORAGE_S3_BUCKET`. */
export function registryVariables(environment: Variables): (readonly [name: string, text: string])[] {
  return namesOf(environment)
    .filter(isKey)
    .map((name) => [name, environment[name] ?? ''])
}

/** Those that mean none. */
export function otherVariables(environment: Variables): string[] {
  return namesOf(environment).filter((name) => !isKey(name))
}

function isKey(name: string): boolean {
  return SECTIONS.includes(levelsOf(name)[0] ?? '') && !OF_OTHERS.includes(name)
}

function namesOf(environment: Variables): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && environment[name] !== undefined)
    .sort()
}

/** No key of distribution has a "_", but for a few of drivers. */
function levelsOf(name: string): string[] {
  return name.slice(PREFIX.length).toLowerCase().split('_')
}

/** Sets each key in a copy of the tree. `parse`: values are YAML. */
export function withVariables(tree: Tree, environment: Variables, parse: (text: string) => unknown): Tree {
  const whole = structuredClone(tree)
  for (const [name, text] of registryVariables(environment)) setAt(whole, levelsOf(name), parse(text))
  return whole
}

function setAt(branch: Tree | unknown[], [level = '', ...rest]: readonly string[], value: unknown): void {
  const key = keyOf(branch, level)
  const at = branch as Tree
  if (rest.length === 0) {
    at[key] = value
    return
  }
  const known = at[key]
  // `storage: filesystem` is short for a driver without parameters.
  const inner = typeof known === 'string' ? { [known]: {} } : known
  at[key] = isTree(inner) || Array.isArray(inner) ? inner : isIndex(rest[0]) ? [] : {}
  setAt(at[key] as Tree, rest, value)
}

function keyOf(branch: Tree | unknown[], level: string): string {
  if (Array.isArray(branch)) return isIndex(level) ? level : String(branch.length)
  return Object.keys(branch).find((key) => key.toLowerCase() === level) ?? level
}

function isIndex(level: string | undefined): boolean {
  return level !== undefined && /^\d{1,3}$/.test(level)
}
