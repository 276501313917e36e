import { describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeBlobStore } from '../../test/contract/blob-store.ts'
import { ensureFolder, openFilesystemStore } from './filesystem.ts'

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-store-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describeBlobStore('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-store-'))
  return {
    store: openFilesystemStore(folder),
    reopen: async () => openFilesystemStore(folder),
    close: () => rm(folder, { recursive: true, force: true }),
  }
})

async function* body(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

describe('a folder', () => {
  it('is made with everything above it, for its owner only', () =>
    withFolder(async (folder) => {
      const store = openFilesystemStore(join(folder, 'a/b/c'))
      await store.uploads.start('id')
      expect(statSync(join(folder, 'a/b/c')).mode & 0o777).toBe(0o700)
      expect(statSync(join(folder, 'a/b/c/uploads/id')).mode & 0o777).toBe(0o600)
    }))

  it('keeps an object at a path that names its digest, so that sha256sum can verify it', () =>
    withFolder(async (folder) => {
      const store = openFilesystemStore(folder)
      await store.uploads.start('id')
      await store.uploads.append('id', 0, body('hello'))
      await store.uploads.commit('id', 'sha256/2c/2cf2.id')
      expect(readdirSync(join(folder, 'blobs/sha256/2c'))).toEqual(['2cf2.id'])
      expect(readdirSync(join(folder, 'uploads'))).toEqual([])
    }))

  it('is not listed with the file of a probe that died', () =>
    withFolder(async (folder) => {
      const store = openFilesystemStore(folder)
      await Bun.write(join(folder, 'uploads/.probe'), 'probe')
      expect(await Array.fromAsync(store.uploads.list())).toEqual([])
    }))

  it('opens a file that the runtime can send by itself, whole or in part', () =>
    withFolder(async (folder) => {
      const store = openFilesystemStore(folder)
      await store.put('sha256/2c/2cf2.id', new Blob(['hello']))
      for (const range of [undefined, { start: 1, end: 2 }])
        expect((await store.open('sha256/2c/2cf2.id', range))?.content).toBeInstanceOf(Blob)
    }))
})

it('ensureFolder leaves a folder that is there as it is', () =>
  withFolder(async (folder) => {
    await Bun.write(join(folder, 'file'), 'kept')
    ensureFolder(folder)
    expect(readdirSync(folder)).toEqual(['file'])
  }))
