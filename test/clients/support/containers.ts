import { beforeAll } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import type { Folder } from './folder.ts'

/** Makes podman and buildah keep images and logins in a folder of the test file, as plain folders; returns their environment. */
export function useContainersStorage(folder: Folder): Readonly<Record<string, string>> {
  const storage = folder.at('storage.conf')
  const places = `graphroot = "${folder.at('graph')}"\nrunroot = "${folder.at('run')}"\n`
  const logins = folder.at('auth.json')
  beforeAll(async () => {
    await writeFile(storage, `[storage]\ndriver = "vfs"\n${places}`)
    await writeFile(logins, '{}')
  })
  return {
    CONTAINERS_STORAGE_CONF: storage,
    BUILDAH_ISOLATION: 'chroot',
    REGISTRY_AUTH_FILE: logins,
    TMPDIR: folder.path,
  }
}
