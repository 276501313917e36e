import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { appendFile, glob, rm } from 'node:fs/promises'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { describeClient } from './support/clients.ts'
import { section, steps } from './support/guide.ts'
import { LIFECYCLE_PROGRAMS, useLifecycleWorld } from './support/lifecycle.ts'

describeClient('repair and backup, by docs/lifecycle.md', LIFECYCLE_PROGRAMS, () => {
  const { folder, guide, works, refused } = useLifecycleWorld({
    instead: () => ({ gc: { every: '1h', trashDelay: '0s' } }),
  })
  const IMAGE = 'registry.example.com/team/app:1'
  const LARGE_BYTES = 900_000
  let running: RunningRegistry | undefined
  afterAll(async () => {
    await running?.close()
  })

  beforeAll(async () => {
    await works(`docker tag app:1 ${IMAGE}`)
    await works(`docker push ${IMAGE}`)
  }, 60_000)

  /** The server goes on with another data folder, at the same address. */
  async function serve(data: string): Promise<void> {
    running = await startRegistry({
      dataDir: data,
      args: ['--config', folder.at('berth.yaml'), '--listen', guide.host],
    })
  }

  async function pullAnew(): Promise<void> {
    await works(`podman rmi --force ${IMAGE} || true`)
    await works(`podman pull ${IMAGE}`)
  }

  describe('a damaged layer', () => {
    beforeAll(async () => {
      const stored: string[] = []
      for await (const path of glob('sha256/*/*', { cwd: folder.at('registry', 'blobs') }))
        if (Bun.file(folder.at('registry', 'blobs', path)).size > LARGE_BYTES) stored.push(path)
      expect(stored).toHaveLength(1)
      await appendFile(folder.at('registry', 'blobs', stored[0] ?? ''), 'x')
    })

    const [scrub, ...rest] = steps(section('Damaged bytes', 'lifecycle'), 'damaged')
    test(`$ ${scrub?.command}`, async () => {
      if (scrub !== undefined) await guide.follow(scrub)
      expect(await refused('berth scrub status')).toContain('damaged: sha256:')
      expect(await refused('berth fsck --quick')).toContain('manifest team/app@sha256:')
    })
    for (const step of rest) test(`$ ${step.command}`, () => guide.follow(step))
    test('is right again for good', async () => {
      await works('berth scrub status')
      await works('berth gc run')
      await works('berth fsck')
    })
  })

  describe('a backup', () => {
    const blocks = section('Backup', 'lifecycle')
    for (const step of steps(blocks)) test(`$ ${step.command}`, () => guide.follow(step))

    test('a second one copies nothing that is there', async () => {
      expect(await works('berth backup /var/lib/berth-backup')).toContain(' are in the backup, 0 of them new')
    })

    test('what changed meanwhile is not in it', async () => {
      await works('docker tag app:2 registry.example.com/team/app:2')
      await works('docker push registry.example.com/team/app:2')
      const digest = await works(`skopeo inspect --format '{{.Digest}}' docker://registry.example.com/team/app:2`)
      const log = `zcat ${folder.at('registry', 'blobs', 'recovery')}/*/*.gz`
      await untilTrue('the log has it', async () => (await works(log)).includes(digest), 30_000)
      expect(await guide.registry.stop()).toBe(0)
    })

    for (const step of steps(blocks, 'restore')) test(`$ ${step.command}`, () => guide.follow(step))

    test('everybody and everything of then is there', async () => {
      await serve(`${folder.at('registry')}-restored`)
      await pullAnew()
      await refused('podman pull registry.example.com/team/app:2')
      await works('docker push registry.example.com/team/app:2')
      await works('podman pull registry.example.com/team/app:2')
      expect(await running?.stop()).toBe(0)
    })
  })

  describe('a lost database', () => {
    beforeAll(async () => {
      for await (const name of glob('berth.db*', { cwd: folder.at('registry') })) await rm(folder.at('registry', name))
    })

    for (const step of steps(section('Backup', 'lifecycle'), 'rebuild'))
      test(`$ ${step.command}`, () => guide.follow(step))

    test('is made anew with the images, and without the people', async () => {
      expect(await works('berth project list')).toMatch(/^team +private$/m)
      expect(await works('berth user list')).not.toContain('alice')
      await works('berth user add alice < alice.password')
      await serve(folder.at('registry'))
      await works('podman login registry.example.com -u alice --password-stdin < alice.password')
      await pullAnew()
      await works('podman pull registry.example.com/team/app:2')
    })
  })
})
