import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Registry } from '../../conformance/support/client.ts'
import { type RunningRegistry, type StartOptions, startRegistry } from '../../support/registry.ts'
import { registryAt } from './server.ts'

export interface Started extends Registry {
  readonly running: RunningRegistry
  readonly url: string
}

/** A data folder on which one server after another is started. */
export interface DataFolder {
  readonly path: string
  start(options?: Omit<StartOptions, 'dataDir'>): Promise<Started>
}

/** Lends a data folder to the work; whatever was started on it is killed afterwards. */
export async function withDataFolder(work: (folder: DataFolder) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'berth-test-'))
  const started: RunningRegistry[] = []
  try {
    await work({
      path,
      start: async (options = {}) => {
        const running = await startRegistry({ ...options, dataDir: path })
        started.push(running)
        return { ...registryAt(running.url), running, url: running.url }
      },
    })
  } finally {
    for (const running of started) await running.close()
    await rm(path, { recursive: true, force: true })
  }
}
