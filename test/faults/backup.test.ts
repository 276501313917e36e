import { describe, expect, it } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import * as m from '../conformance/support/manifests.ts'
import { berth } from '../e2e/support/command.ts'
import { type Image, image, pushImage } from '../e2e/support/images.ts'
import { registryAt } from '../e2e/support/server.ts'
import { COMMAND_FAILPOINTS } from './failpoints.ts'
import { startFaulty } from './support/server.ts'

const NAME = 'faults/backup'
const TIMEOUT_MS = 60_000
/** What a process returns that SIGKILL ended. */
const KILLED = 128 + 9

interface Place {
  readonly data: string
  readonly backup: string
  readonly restored: string
}

/** A data folder with two images, of which a finished backup knows the first. */
async function withImages(work: (place: Place, images: readonly [Image, Image]) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-faults-'))
  const place = { data: join(folder, 'data'), backup: join(folder, 'backup'), restored: join(folder, 'restored') }
  const images = [image('faults/one', {}, 60_000), image('faults/two', {}, 60_000)] as const
  try {
    const server = await startFaulty(place.data)
    const target = { registry: registryAt(server.url), name: NAME }
    await pushImage(target, images[0], 'v0')
    expect((await berth(['backup', place.backup, '--data', place.data])).code).toBe(0)
    await pushImage(target, images[1], 'v1')
    await server.stop('SIGTERM')
    await work(place, images)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function dyingAt(failpoint: string, args: readonly string[]) {
  return berth(args, { env: { BERTH_TEST_FAILPOINTS: `${failpoint}=kill` } })
}

async function checkRestored(data: string, images: readonly Image[]): Promise<void> {
  expect((await berth(['fsck', '--data', data])).stdout).toContain('; 0 errors')
  const server = await startFaulty(data)
  try {
    const registry = registryAt(server.url)
    for (const [index, { manifest, layer, config }] of images.entries()) {
      check(await registry.send('GET', m.manifestPath(NAME, `v${index}`)), { status: 200, body: manifest.bytes })
      for (const { digest, bytes } of [layer, config])
        check(await registry.send('GET', `/v2/${NAME}/blobs/${digest}`), { status: 200, body: bytes })
    }
  } finally {
    await server.stop('SIGKILL')
  }
}

describe('kill -9', () => {
  it.each([...COMMAND_FAILPOINTS.backup])(
    'at %s: the older backup or the new one is whole, and running it again finishes',
    async (failpoint) => {
      await withImages(async ({ data, backup, restored }, images) => {
        const args = ['backup', backup, '--data', data]
        expect((await dyingAt(failpoint, args)).code).toBe(KILLED)
        expect((await berth(['backup', 'verify', backup])).code).toBe(0)
        const half = `${restored}-half`
        expect((await berth(['restore', backup, '--data', half])).code).toBe(0)
        await checkRestored(half, images.slice(0, 1))

        expect((await berth(args)).code).toBe(0)
        expect((await berth(['backup', 'verify', backup])).code).toBe(0)
        expect((await readdir(backup)).filter((name) => name.startsWith('berth-'))).toHaveLength(1)
        expect(await readdir(join(backup, 'uploads'))).toEqual([])
        expect((await berth(['restore', backup, '--data', restored])).code).toBe(0)
        await checkRestored(restored, images)
      })
    },
    TIMEOUT_MS,
  )

  it.each([...COMMAND_FAILPOINTS.restore])(
    'at %s of a restore: no database or a whole one, and running it again finishes',
    async (failpoint) => {
      await withImages(async ({ data, backup, restored }, images) => {
        expect((await berth(['backup', backup, '--data', data])).code).toBe(0)
        const args = ['restore', backup, '--data', restored]
        expect((await dyingAt(failpoint, args)).code).toBe(KILLED)
        const isThere = (await readdir(restored)).includes('berth.db')
        expect(isThere).toBe(failpoint === 'restore.after-database')
        if (!isThere) expect(await berth(args)).toMatchObject({ code: 0 })
        await checkRestored(restored, images)
      })
    },
    TIMEOUT_MS,
  )
})
