import { inSpan, type SpanStart } from './tracing.ts'

type Method = (...parameters: unknown[]) => unknown

/** The same thing, with spans for calls of these methods, which return promises. Others are called as they are. */
export function traced<T extends object>(
  inner: T,
  spans: { readonly [K in keyof T]?: SpanStart },
  instead: Partial<T> = {},
): T {
  const known = new Map<string | symbol, unknown>(Object.entries(instead))
  return new Proxy(inner, {
    get: (target, key) => {
      if (known.has(key)) return known.get(key)
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const call = (value as Method).bind(target)
      const start = spans[key as keyof T]
      const method =
        start === undefined ? call : (...parameters: unknown[]) => inSpan(start, async () => call(...parameters))
      known.set(key, method)
      return method
    },
  })
}
