import { afterAll, beforeAll } from 'bun:test'
import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder of one test file, removed when its tests have run. */
export interface Folder {
  readonly path: string
  /** A path inside, whether or not something is there yet. */
  at(...names: readonly string[]): string
  /** Runs before the folder is removed, the newest first: for what still uses it. */
  beforeRemoval(stop: () => Promise<void>): void
  /** A new folder inside. */
  make(name: string): Promise<string>
}

export function useFolder(): Folder {
  // Lower case, because podman makes an image name of it.
  const path = join(tmpdir(), `berth-client-${randomUUID()}`)
  beforeAll(async () => {
    await mkdir(path)
  })
  const stops: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
    await rm(path, { recursive: true, force: true })
  }, 60_000)
  const at = (...names: readonly string[]) => join(path, ...names)
  return {
    path,
    at,
    beforeRemoval: (stop) => {
      stops.push(stop)
    },
    make: async (name) => {
      await mkdir(at(name), { recursive: true })
      return at(name)
    },
  }
}
