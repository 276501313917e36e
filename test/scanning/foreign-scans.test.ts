/** Images of other registries that wait to be looked into: how many, how long, and for whom. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { parseDigest } from '../../src/oci/digest.ts'
import { createLog } from '../../src/observability/log.ts'
import { createBackend } from '../../src/scanning/adapter/backend.ts'
import { noteForeignEcosystems, readForeignEcosystems } from '../../src/scanning/adapter/foreign-ecosystems.ts'
import { countForeign, insertForeign } from '../../src/scanning/adapter/foreign-store.ts'
import { forgetForeignScans, scanForeign } from '../../src/scanning/adapter/scan-foreign.ts'
import { openVulndb } from '../../src/vulndb/vulndb.ts'
import { parseConfig } from '../../src/config/load.ts'
import { World } from '../access/support/world.ts'
import { PATIENCE_MS } from '../e2e/support/server.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const DIGEST = parseDigest(`sha256:${'a'.repeat(64)}`)
const CANARY = 'canary-of-a-foreign-registry'
const HOUR_MS = 3_600_000
const never = new AbortController().signal
const request = {
  ...{ registryUrl: 'https://registry.example', repository: 'team/shop', digest: DIGEST },
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
}

let world: World
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-foreign-'))
  createKeyFile(join(folder, 'key'))
  world = await World.open({ secrets: { keyFile: join(folder, 'key') } })
  world.secrets.add(CANARY)
})
afterAll(async () => {
  await world?.checkNoSecrets()
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

const partsOf = () => {
  const { database, remotes } = world.app
  return { config: parseConfig({ data: world.dataDir }), database, clock: world.clock, secrets: remotes.secrets }
}
const backendOf = (owner: string) => createBackend(partsOf(), owner)
const count = () => countForeign(world.app.database.reader)

function scan() {
  const { config, secrets } = partsOf()
  const reader = { read: async () => Promise.reject(new Error('nothing is read here')) }
  const log = createLog({ level: 'error', now: () => world.clock.now(), write: () => undefined })
  const vulndb = openVulndb({ data: world.dataDir })
  return scanForeign({ config, registry: world.app.registry, reader, vulndb, secrets, log }, never)
}

describe('an image of another registry', () => {
  test('waits, for whoever asked, with what lends us access sealed', async () => {
    const id = await backendOf('user:ann').start({ ...request, authorization: `Bearer ${CANARY}` })
    expect(await backendOf('user:ann').report(id, undefined)).toBe('waiting')
    expect(await backendOf('user:bob').report(id, undefined)).toBeUndefined()
    const rows = await world.query('select * from foreign_scans')
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(CANARY)
  })

  test('that kills whoever looks into it is not looked into for ever', async () => {
    await world.app.database.write((tx) => tx.db.updateTable('foreign_scans').set({ attempts: 3 }).execute())
    expect(await scan()).toBe(true)
    const [row] = await world.query('select state, secret, problem from foreign_scans')
    expect(row).toMatchObject({ state: 'failed', secret: null, problem: expect.stringContaining('died') })
    expect(await scan()).toBe(false)
  })

  test('of which a row was moved to another address opens no secret', async () => {
    const id = await backendOf('user:ann').start({ ...request, authorization: `Bearer ${CANARY}` })
    const moved = JSON.stringify({ ...request, registryUrl: 'https://attacker.example' })
    await world.app.database.write((tx) =>
      tx.db.updateTable('foreign_scans').set({ request: moved }).where('id', '=', id).execute(),
    )
    await scan()
    await expect(backendOf('user:ann').report(id, undefined)).rejects.toThrow('sealed for something else')
  })

  test('is forgotten after a day, whatever became of it', async () => {
    world.clock.advance(23 * HOUR_MS)
    await forgetForeignScans(world.app.registry, never)
    expect((await count()).all).toBe(2)
    world.clock.advance(2 * HOUR_MS)
    await forgetForeignScans(world.app.registry, never)
    expect((await count()).all).toBe(0)
  })

  test('is one of a thousand at most', async () => {
    const createdAt = world.clock.now()
    await world.app.database.write(async (tx) => {
      for (let n = 0; n < 999; n++)
        await insertForeign(tx, { id: `scan-${n}`, owner: 'user:ann', request, secret: undefined, createdAt })
    })
    const start = () => backendOf('user:bob').start({ ...request, authorization: undefined })
    await start()
    await expect(start()).rejects.toThrow('1000 images wait to be scanned here already')
    expect(await count()).toEqual({ waiting: 1000, all: 1000 })
  })

  test('has data fetched for what it is made of', async () => {
    const { database } = world.app
    await noteForeignEcosystems(database, ['Alpine', ''], world.clock.now())
    await noteForeignEcosystems(database, ['npm', 'Alpine'], world.clock.now())
    expect(await readForeignEcosystems(database.reader)).toEqual(['Alpine', 'npm'])
  })
})
