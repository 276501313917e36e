import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOfflineRegistry } from '../../src/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openDatabase } from '../../src/metadata/open.ts'
import { createLog } from '../../src/observability/log.ts'
import type { ImageSource, ImageTarget } from '../../src/registry/image-source.ts'
import { localImages } from '../../src/registry/local-images.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { openFilesystemStore } from '../../src/storage/filesystem.ts'

/** A registry's data without a server, as commands work on it. */
export interface RegistryData {
  readonly dataDir: string
  readonly registry: Registry
  readonly images: ImageSource & ImageTarget
  close(): Promise<void>
}

export async function openRegistryData(config: Readonly<Record<string, unknown>> = {}): Promise<RegistryData> {
  const dataDir = await mkdtemp(join(tmpdir(), 'berth-test-'))
  const settings = parseConfig({ data: dataDir, ...config })
  const database = await openDatabase({ data: dataDir }, { clock: systemClock, onBroken: () => undefined })
  const blobs = openFilesystemStore(dataDir)
  const log = createLog({ level: 'error', now: () => new Date(), write: () => undefined })
  const { registry } = createOfflineRegistry({ config: settings, database, blobs, clock: systemClock, log })
  return {
    dataDir,
    registry,
    images: localImages({ registry, actor: OPERATOR, overwriteRefusal: undefined }),
    close: async () => {
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
