import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRegistry } from '../support/registry.ts'
import { describeWithGateway, storageAddress } from '../support/rgw.ts'
import { berth } from './support/command.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'berth-owner-'))
  folders.push(made)
  return made
}

/** A bucket with one server that was stopped, and a backup of it. */
async function usedBucket() {
  const storage = await storageAddress()
  const dataDir = await folder()
  const running = await startRegistry({ dataDir, args: ['--storage', storage] })
  const backup = await folder()
  const made = await berth(['backup', backup, '--data', dataDir, '--storage', storage])
  await running.stop()
  return { storage, dataDir, backup, made }
}

describeWithGateway('objects belong to one database', () => {
  test('its own server starts again, that of another database does not', async () => {
    const { storage, dataDir } = await usedBucket()
    await (await startRegistry({ dataDir, args: ['--storage', storage] })).stop()
    const other = startRegistry({ dataDir: await folder(), args: ['--storage', storage] })
    await expect(other).rejects.toThrow('belongs to the registry of another database')
  }, 120_000)

  test('a copy is restored onto them only when somebody says that the original is lost, which then starts no more', async () => {
    const { storage, dataDir, backup, made } = await usedBucket()
    expect(made.stderr).toBe('')
    const target = await folder()
    const restore = ['restore', backup, '--data', target, '--storage', storage]
    const refused = await berth(restore)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('--take-storage')
    expect((await berth([...restore, '--take-storage'])).code).toBe(0)
    await (await startRegistry({ dataDir: target, args: ['--storage', storage] })).stop()
    const original = startRegistry({ dataDir, args: ['--storage', storage] })
    await expect(original).rejects.toThrow('belongs to the registry of another database')
  }, 120_000)
})
