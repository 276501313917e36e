/** Keys and values as a file has them. */
export type Tree = Record<string, unknown>

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Makes the branches on the way. */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path
  if (key === undefined) return
  if (rest.length === 0) {
    tree[key] = value
    return
  }
  const existing = tree[key]
  const branch = isTree(existing) ? existing : {}
  tree[key] = branch
  setAt(branch, rest, value)
}

/** The other's values win, key by key; `__proto__` is a key like any other. */
export function overlay(tree: Tree, other: Tree): void {
  for (const [key, value] of Object.entries(other)) {
    const known = Object.hasOwn(tree, key) ? tree[key] : undefined
    if (isTree(known) && isTree(value)) overlay(known, value)
    else
      Object.defineProperty(tree, key, { value: copyOf(value), writable: true, enumerable: true, configurable: true })
  }
}

function copyOf(value: unknown): unknown {
  if (!isTree(value)) return value
  const copy: Tree = {}
  overlay(copy, value)
  return copy
}
