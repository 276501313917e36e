import { createOfflineRegistry } from '../app.ts'
import type { Config } from '../config/schema.ts'
import { environment } from '../config/environment.ts'
import { systemClock } from '../lib/clock.ts'
import { configureFailpoints } from '../lib/failpoint.ts'
import type { NewDatabase } from '../metadata/new-database.ts'
import type { Registry } from '../registry/registry.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { processLog } from './serving.ts'

/** For the tests that kill commands on their way. */
export function armFailpoints(): void {
  configureFailpoints(environment.BERTH_TEST_FAILPOINTS ?? '')
}

/** The registry on a database that is being made and is not in its place yet. */
export async function withRegistryAt<T>(
  { target, blobs, config }: { readonly target: NewDatabase; readonly blobs: BlobStore; readonly config: Config },
  work: (registry: Registry) => Promise<T>,
): Promise<T> {
  const database = await target.open()
  try {
    const log = processLog(config)
    const { registry } = createOfflineRegistry({ config, database, blobs, clock: systemClock, log })
    const result = await work(registry)
    await registry.recorder.seal()
    return result
  } finally {
    await database.close()
  }
}
