import { describe, expect, it } from 'bun:test'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import * as m from '../conformance/support/manifests.ts'
import { berth } from '../e2e/support/command.ts'
import { type Image, image, pushImage } from '../e2e/support/images.ts'
import { openInProcess } from '../e2e/support/in-process.ts'
import { registryAt } from '../e2e/support/server.ts'
import { COMMAND_FAILPOINTS } from './failpoints.ts'
import { startRegistry } from '../support/registry.ts'
import { eventually, fsck, fsckProblems, startFaulty, WITHOUT_RECOVERY_LOG, withFolder } from './support/server.ts'

const NAME = 'faults/rebuild'
const TIMEOUT_MS = 60_000
/** What a process returns that SIGKILL ended. */
const KILLED = 128 + 9

const pushed = [image('faults/first', {}, 60_000), image('faults/second', {}, 60_000)]

async function pushTo(url: string, each: Image | undefined, tag: string): Promise<void> {
  if (each !== undefined) await pushImage({ registry: registryAt(url), name: NAME }, each, tag)
}

/** Brings the log up to date, as a server does every few seconds. */
async function writeLog(data: string): Promise<void> {
  const world = await openInProcess({ config: { data } })
  await world.runJob('recovery')
  await world.close()
}

async function loseDatabase(data: string): Promise<void> {
  for (const name of await readdir(data)) if (name.startsWith('berth.db')) await rm(join(data, name))
}

async function checkAll(data: string): Promise<void> {
  const server = await startFaulty(data)
  try {
    const registry = registryAt(server.url)
    for (const [at, { manifest, layer, config }] of pushed.entries()) {
      check(await registry.send('GET', m.manifestPath(NAME, `v${at}`)), { status: 200, body: manifest.bytes })
      for (const { digest, bytes } of [layer, config])
        check(await registry.send('GET', `/v2/${NAME}/blobs/${digest}`), { status: 200, body: bytes })
    }
  } finally {
    await server.stop('SIGKILL')
  }
  expect(fsckProblems(await fsck(data))).toEqual([])
}

describe('kill -9', () => {
  it.each([...COMMAND_FAILPOINTS.recovery])(
    'at %s, while the log is written: it goes on with the next start, and says everything',
    async (failpoint) => {
      await withFolder(async (data) => {
        // A log is written anew where there is none, and then before anybody can push.
        const isAnew = failpoint === 'recovery.before-prune'
        const first = isAnew
          ? await startRegistry({ dataDir: data, env: WITHOUT_RECOVERY_LOG })
          : await startFaulty(data)
        await pushTo(first.url, pushed[0], 'v0')
        if (isAnew) await pushTo(first.url, pushed[1], 'v1')
        await first.stop('SIGTERM')
        const second = await startFaulty(data, `${failpoint}=kill`)
        if (!isAnew) await pushTo(second.url, pushed[1], 'v1')
        await eventually('the job dies', () => isGone(second.url), 15_000)
        await writeLog(data)
        await loseDatabase(data)
        expect((await berth(['rebuild', '--data', data])).code).toBe(0)
        await checkAll(data)
      })
    },
    TIMEOUT_MS,
  )

  it.each([...COMMAND_FAILPOINTS.rebuild])(
    'at %s of a rebuild: no database or a whole one, and running it again finishes',
    async (failpoint) => {
      await withFolder(async (data) => {
        const server = await startFaulty(data)
        for (const [at, each] of pushed.entries()) await pushTo(server.url, each, `v${at}`)
        await server.stop('SIGTERM')
        await writeLog(data)
        await loseDatabase(data)
        const args = ['rebuild', '--data', data]
        expect((await berth(args, { env: { BERTH_TEST_FAILPOINTS: `${failpoint}=kill` } })).code).toBe(KILLED)
        const isThere = (await readdir(data)).includes('berth.db')
        expect(isThere).toBe(failpoint === 'rebuild.after-database')
        if (!isThere) expect((await berth(args)).code).toBe(0)
        await checkAll(data)
      })
    },
    TIMEOUT_MS,
  )
})

function isGone(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { keepalive: false }).then(
    () => false,
    () => true,
  )
}
