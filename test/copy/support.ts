import type { ImageSource, ImageTarget } from '../../src/registry/image-source.ts'

/** Every question and every change, in order: `resolve v1`, `putManifest sha256:… v1`. */
export interface Recorded<T> {
  readonly place: T
  readonly calls: string[]
}

/** The same place, with all that is asked of it written down. */
export function recording<T extends ImageSource | ImageTarget>(place: T): Recorded<T> {
  const calls: string[] = []
  const entries = Object.entries(place).map(([key, value]) => {
    if (typeof value !== 'function') return [key, value]
    const call = value as (...args: readonly unknown[]) => unknown
    return [
      key,
      (...args: readonly unknown[]) => {
        calls.push([key, ...args.slice(1).flatMap(textsOf)].join(' '))
        return call(...args)
      },
    ]
  })
  return { place: Object.fromEntries(entries) as T, calls }
}

function textsOf(arg: unknown): readonly string[] {
  if (typeof arg === 'string') return [arg]
  if (Array.isArray(arg)) return arg.map(String)
  if (typeof arg === 'object' && arg !== null && 'digest' in arg) return [String(arg.digest)]
  if (typeof arg === 'object' && arg !== null && 'offset' in arg) return [`from ${arg.offset}`]
  return []
}
