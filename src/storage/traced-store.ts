import { traced } from '../observability/traced.ts'
import type { BlobStore, UploadArea } from './blob-store.ts'

/**
 * Spans for what is read from and written to a store. That of `open` ends when the object is found: its bytes come while
 * the answer is sent.
 */
export function tracedStore(store: BlobStore): BlobStore {
  const uploads: UploadArea = traced(store.uploads, {
    start: { name: 'storage start upload' },
    append: { name: 'storage write' },
    truncate: { name: 'storage truncate' },
    read: { name: 'storage read upload' },
    commit: { name: 'storage commit' },
    abort: { name: 'storage abort upload' },
  })
  return traced(
    store,
    {
      stat: { name: 'storage look' },
      open: { name: 'storage open' },
      put: { name: 'storage write' },
      delete: { name: 'storage delete' },
      directUrl: { name: 'storage sign address' },
    },
    { uploads },
  )
}
