import type { ContentSource } from '../registry/content-source.ts'
import type { ProxyCacheParts } from './proxy-cache.ts'

/** The pull-through cache. What nobody pulls through is not loaded: a start need not wait for it. */
export function proxyCacheWhenNeeded(parts: ProxyCacheParts): ContentSource {
  let loaded: Promise<Omit<ContentSource, 'name' | 'covers'>> | undefined
  const load = () => {
    loaded ??= import('./proxy-cache.ts').then(({ proxyCache }) => proxyCache(parts))
    return loaded
  }
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
    close: async () => (await loaded)?.close?.(),
  }
}
