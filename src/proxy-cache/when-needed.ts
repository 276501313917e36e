import { once } from '../lib/once.ts'
import type { ContentSource } from '../registry/content-source.ts'
import type { ProxyCacheParts } from './proxy-cache.ts'

/** The pull-through cache. What nobody pulls through is not loaded: a start need not wait for it. */
export function proxyCacheWhenNeeded(parts: ProxyCacheParts): ContentSource {
  let loaded: Omit<ContentSource, 'name' | 'covers'> | undefined
  const load = once(async () => {
    const { proxyCache } = await import('./proxy-cache.ts')
    loaded = proxyCache(parts)
    return loaded
  })
  return {
    name: 'proxy-cache',
    covers: (name) => {
      const places = parts.settings.sourcesOf(name)
      return places instanceof Promise ? places.then((known) => known.length > 0) : places.length > 0
    },
    supplyManifest: async (...asked) => (await load()).supplyManifest(...asked),
    supplyBlob: async (...asked) => (await load()).supplyBlob(...asked),
    supplyTags: async (...asked) => (await load()).supplyTags(...asked),
    supplyReferrers: async (...asked) => (await load()).supplyReferrers(...asked),
    close: async () => loaded?.close?.(),
  }
}
