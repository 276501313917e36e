import { Database } from 'bun:sqlite'
import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createProject } from '../../src/access/manage-projects.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { parseRepositoryName } from '../../src/oci/name.ts'
import { deleteRepository } from '../../src/registry/delete-content.ts'
import { check } from '../conformance/support/check.ts'
import type { Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { descriptor, type Image, image, index, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS * 2)

const NAME = 'e2e/rebuild'
const LAYER_BYTES = 60_000
const DAY_MS = 24 * 3_600_000

/** A registry whose clock the test has, and a place for what is left of it. */
async function withWorld(
  work: (world: InProcess, left: string) => Promise<void>,
  config: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const world = await openInProcess({ config })
  const folder = await mkdtemp(join(tmpdir(), 'berth-rebuild-'))
  try {
    await work(world, join(folder, 'left'))
  } finally {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What remains when the database is lost: the folder of blobs. */
async function lose(world: InProcess, left: string): Promise<void> {
  await rm(left, { recursive: true, force: true })
  await mkdir(left, { recursive: true })
  await cp(join(world.dataDir, 'blobs'), join(left, 'blobs'), { recursive: true })
}

async function rebuilt(left: string, ...flags: string[]): Promise<{ code: number; report: Report }> {
  const { code, stdout, stderr } = await berth(['rebuild', '--data', left, '--json', ...flags])
  if (!stdout.startsWith('{')) throw new Error(`berth rebuild: ${stderr}`)
  return { code, report: JSON.parse(stdout) as Report }
}

interface Report {
  readonly manifests: number
  readonly tags: number
  readonly problems: readonly string[]
}

async function withServer(data: string, work: (registry: Registry) => Promise<void>): Promise<void> {
  const server = await startRegistry({ dataDir: data })
  try {
    await work(registryAt(server.url))
  } finally {
    await server.stop('SIGTERM')
  }
}

/** That a sparse image is one is no error. */
const CLEAN = /^(?:note: manifest \S+ \S+ is not in its repository\n)*\d+ blobs .*; 0 errors\n$/

async function fsckIsClean(data: string, ...flags: string[]): Promise<void> {
  const { code, stdout } = await berth(['fsck', '--data', data, ...flags])
  expect([code, stdout]).toEqual([0, expect.stringMatching(CLEAN)])
}

async function checkImage(registry: Registry, name: string, reference: string, pushed: Image): Promise<void> {
  check(await registry.send('GET', m.manifestPath(name, reference)), { status: 200, body: pushed.manifest.bytes })
  for (const { digest, bytes } of [pushed.layer, pushed.config])
    check(await registry.send('GET', `/v2/${name}/blobs/${digest}`), { status: 200, body: bytes })
}

const tagsOf = async (registry: Registry, name: string) => {
  const answer = await registry.send('GET', `/v2/${name}/tags/list`)
  return answer.status === 404 ? undefined : (JSON.parse(answer.text) as { tags: string[] }).tags
}

const images = (label: string, count: number) =>
  Array.from({ length: count }, (_, at) => image(`rebuild/${label}-${at}`, {}, LAYER_BYTES))

async function logFiles(folder: string): Promise<string[]> {
  const place = join(folder, 'blobs', 'recovery')
  const found = existsSync(place) ? await readdir(place, { recursive: true, withFileTypes: true }) : []
  return found
    .filter((entry) => entry.isFile() && entry.name !== 'owner')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Whether the log has these bytes. */
async function isLogged(
  world: Pick<InProcess, 'dataDir'>,
  { bytes }: { readonly bytes: Uint8Array },
): Promise<boolean> {
  const wanted = `"${Buffer.from(bytes).toString('base64')}"`
  for (const file of await logFiles(world.dataDir)) if (gunzipSync(await readFile(file)).includes(wanted)) return true
  return false
}

describe('a database that is lost', () => {
  test('is made anew: images, an index, a referrer, moved and deleted tags, projects; byte for byte', async () => {
    await withWorld(async (world, left) => {
      const target = { registry: world, name: NAME }
      const [amd, arm, moved, gone] = images('all', 4) as [Image, Image, Image, Image]
      await pushImage(target, moved, 'before-the-log')
      await world.runJob('recovery')
      await pushImage(target, amd)
      await pushImage(target, arm)
      const both = index([amd, arm].map(({ manifest }) => descriptor(manifest, m.OCI_MANIFEST)))
      check(await m.putManifest(target, 'v1', both), { status: 201 })
      const signature = image('rebuild/signature', { subject: descriptor(both, m.OCI_INDEX) }, 300)
      await pushImage(target, signature)
      await pushImage(target, gone, 'gone')
      await pushImage(target, gone, 'moves')
      await pushImage(target, moved, 'moves')
      check(await world.send('DELETE', m.manifestPath(NAME, 'gone')), { status: 202 })
      check(await world.send('DELETE', m.manifestPath(NAME, gone.manifest.digest)), { status: 202 })
      await pushImage({ registry: world, name: 'open/x' }, amd, 'v1')
      await pushImage({ registry: world, name: 'e2e/doomed' }, amd, 'v1')
      await createProject(world.app.management, BY_OPERATOR, { name: 'open', public: true })
      await createProject(world.app.management, BY_OPERATOR, { name: 'closed', public: false })
      await world.runJob('recovery')
      const place = { repository: parseRepositoryName('e2e/doomed'), actor: OPERATOR }
      await deleteRepository(world.app.registry, place, '')
      await world.runJob('recovery')

      await lose(world, left)
      const { code, report } = await rebuilt(left, '--verify')
      expect([code, report]).toEqual([0, expect.objectContaining({ problems: [], manifests: 6, tags: 4 })])
      await fsckIsClean(left)
      expect((await berth(['project', 'list', '--data', left])).stdout).toMatch(/closed\s+private[\s\S]*open\s+public/)
      await withServer(left, async (registry) => {
        check(await registry.send('GET', m.manifestPath(NAME, 'v1')), { status: 200, body: both.bytes })
        for (const child of [amd, arm, signature]) await checkImage(registry, NAME, child.manifest.digest, child)
        await checkImage(registry, NAME, 'moves', moved)
        await checkImage(registry, NAME, 'before-the-log', moved)
        await checkImage(registry, 'open/x', 'v1', amd)
        expect(await tagsOf(registry, NAME)).toEqual(['before-the-log', 'moves', 'v1'])
        check(await registry.send('GET', m.manifestPath(NAME, gone.manifest.digest)), { status: 404 })
        expect(await tagsOf(registry, 'e2e/doomed')).toBeUndefined()
        const referrers = await registry.send('GET', `/v2/${NAME}/referrers/${both.digest}`)
        expect(referrers.text).toContain(signature.manifest.digest)
        await pushImage({ registry, name: NAME }, gone, 'gone')
        await checkImage(registry, NAME, 'gone', gone)
      })
      await fsckIsClean(left)
    })
  })

  test('and lost again after that: the new database keeps a log of its own', async () => {
    await withWorld(async (world, left) => {
      const [first, second] = images('twice', 2) as [Image, Image]
      await pushImage({ registry: world, name: NAME }, first, 'v1')
      await world.runJob('recovery')
      await lose(world, left)
      expect((await rebuilt(left)).code).toBe(0)

      const old = await logFiles(left)
      const again = await openInProcess({ config: { data: left } })
      await pushImage({ registry: again, name: NAME }, second, 'v2')
      check(await again.send('DELETE', m.manifestPath(NAME, 'v1')), { status: 202 })
      await again.runJob('recovery')
      await again.close()
      expect((await logFiles(left)).filter((file) => old.includes(file))).toEqual([])
      for (const part of ['', '-wal', '-shm']) await rm(join(left, `berth.db${part}`), { force: true })
      expect((await rebuilt(left)).code).toBe(0)
      await withServer(left, async (registry) => {
        expect(await tagsOf(registry, NAME)).toEqual(['v2'])
        await checkImage(registry, NAME, 'v2', second)
        await checkImage(registry, NAME, first.manifest.digest, first)
      })
    })
  })

  test('and not noticed: an empty one beside the old log removes nothing, and --replace brings back both', async () => {
    await withWorld(async (world, left) => {
      const [old, recent] = images('unnoticed', 2) as [Image, Image]
      await pushImage({ registry: world, name: NAME }, old, 'old')
      await world.runJob('recovery')
      await lose(world, left)

      const empty = await openInProcess({ config: { data: left } })
      empty.clock.advance(DAY_MS * 4)
      await empty.runJob('recovery')
      expect(empty.errors()).toContain('berth rebuild')
      await empty.runJob('sweep-orphans')
      expect(empty.errors()).toContain('nothing is removed')
      await pushImage({ registry: empty, name: NAME }, recent, 'recent')
      await empty.runJob('recovery')
      await empty.close()

      const refused = await berth(['rebuild', '--data', left])
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--replace')])
      expect((await rebuilt(left, '--replace')).code).toBe(0)
      expect((await readdir(left)).filter((name) => name.startsWith('berth.db.lost-'))).not.toEqual([])
      await withServer(left, async (registry) => {
        expect(await tagsOf(registry, NAME)).toEqual(['old', 'recent'])
        await checkImage(registry, NAME, 'old', old)
        await checkImage(registry, NAME, 'recent', recent)
      })
      await fsckIsClean(left)
    })
  })

  test('with the log of the lost one beside it: that is not taken for the new one’s', async () => {
    await withWorld(async (world, left) => {
      const [pushed] = images('wal', 1) as [Image]
      await pushImage({ registry: world, name: NAME }, pushed, 'v1')
      await world.runJob('recovery')
      await lose(world, left)
      await cp(join(world.dataDir, 'berth.db-wal'), join(left, 'berth.db-wal'))
      expect((await rebuilt(left)).code).toBe(0)
      await fsckIsClean(left)
      const newest = await berth(['audit', 'list', '--limit', '1', '--data', left])
      expect(newest.stdout).toContain('registry.rebuilt')
      await withServer(left, (registry) => checkImage(registry, NAME, 'v1', pushed))
    })
  })
})

describe('when the log is written', () => {
  test('a server that is stopped as soon as something was pushed has written it down', async () => {
    const pushed = image('rebuild/at-once', {}, 300)
    const server = await startRegistry()
    try {
      await pushImage({ registry: registryAt(server.url), name: NAME }, pushed, 'v1')
      await server.stop('SIGTERM')
      expect(await isLogged(server, pushed.manifest)).toBe(true)
    } finally {
      await server.close()
    }
  })

  test('what took long and was broken off is not begun again by the next run, that of a stop, but by the one after it', async () => {
    await withWorld(async (world) => {
      const pushed = image('rebuild/broken-off', {}, 300)
      await pushImage({ registry: world, name: NAME }, pushed, 'v1')
      const job = (await world.app.jobs()).find(({ name }) => name === 'recovery')
      const afterLong = () => {
        world.clock.advance(3000)
        return true
      }
      await job?.run(Object.defineProperty(new AbortController().signal, 'aborted', { get: afterLong }))
      await job?.run()
      expect(await isLogged(world, pushed.manifest)).toBe(false)
      await job?.run()
      expect(await isLogged(world, pushed.manifest)).toBe(true)
    })
  })
})

const FOREIGN_LAYER = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'
const SPARSE = { content: { sparse: true } }

/** The flags of a command that is to have the same configuration. */
async function configured(left: string, config: Readonly<Record<string, unknown>>): Promise<string[]> {
  const file = `${left}.yaml`
  await writeFile(file, JSON.stringify(config))
  return ['--config', file]
}

/** Which of these a repository gives out. */
async function statusesOf(registry: Registry, name: string, contents: readonly { digest: string }[]) {
  const answers = []
  for (const { digest } of contents) answers.push((await registry.send('GET', `/v2/${name}/blobs/${digest}`)).status)
  return answers
}

describe('what a repository names and does not hold', () => {
  const secret = image('rebuild/secret', {}, LAYER_BYTES)
  const own = image('rebuild/own', {}, LAYER_BYTES)
  const stolen = [secret.layer, secret.config]
  const layersAs = (mediaType: string) => ({
    layers: [descriptor(own.layer, m.OCI_LAYER), ...stolen.map((each) => descriptor(each, mediaType))],
  })

  test.each([
    ['layers from elsewhere', {}, image('rebuild/own', layersAs(FOREIGN_LAYER), LAYER_BYTES).manifest],
    ['layers of a sparse image', SPARSE, image('rebuild/own', layersAs(m.OCI_LAYER), LAYER_BYTES).manifest],
    ['parts of a sparse index', SPARSE, index(stolen.map((each) => descriptor(each, m.OCI_MANIFEST)))],
  ] as const)('%s: it does not hold it afterwards either, whoever has it', async (_, config, naming) => {
    for (const isFollowed of [true, false])
      await withWorld(async (world, left) => {
        await pushImage({ registry: world, name: 'secret/a' }, secret, 'v1')
        if (isFollowed) await world.runJob('recovery')
        const probe = { registry: world, name: 'team/probe' }
        await pushImage(probe, own, 'own')
        check(await m.putManifest(probe, 'naming', naming), { status: 201 })
        expect(await statusesOf(world, 'team/probe', stolen)).toEqual([404, 404])
        await world.runJob('recovery')
        await lose(world, left)
        const flags = await configured(left, config)
        const report = { problems: [], manifests: 3, tags: 3 }
        expect(await rebuilt(left, ...flags)).toMatchObject({ code: 0, report })
        await withServer(left, async (registry) => {
          expect(await statusesOf(registry, 'team/probe', stolen)).toEqual([404, 404])
          check(await registry.send('GET', m.manifestPath('team/probe', 'naming')), {
            status: 200,
            body: naming.bytes,
          })
          await checkImage(registry, 'team/probe', 'own', own)
          await checkImage(registry, 'secret/a', 'v1', secret)
        })
        await fsckIsClean(left, ...flags)
      }, config)
  })

  test('unless it was pushed there too, before or after', async () => {
    await withWorld(async (world, left) => {
      const late = image('rebuild/late', {}, LAYER_BYTES)
      await world.runJob('recovery')
      await pushImage({ registry: world, name: 'secret/a' }, secret, 'v1')
      const after = { registry: world, name: 'team/after' }
      check(await m.putManifest(after, 'late', late.manifest), { status: 201 })
      const both = index([descriptor(secret.manifest, m.OCI_MANIFEST), descriptor(secret.config, m.OCI_CONFIG)])
      check(await m.putManifest(after, 'both', both), { status: 201 })
      await world.runJob('recovery')
      for (const content of [late.layer, late.config, secret.config]) await pushBlob(after, content)
      await world.runJob('recovery')
      const foreign = image('rebuild/own', layersAs(FOREIGN_LAYER), LAYER_BYTES).manifest
      const before = { registry: world, name: 'team/before' }
      for (const content of [own.layer, own.config, ...stolen]) await pushBlob(before, content)
      check(await m.putManifest(before, 'foreign', foreign), { status: 201 })
      await world.runJob('recovery')
      await lose(world, left)
      const flags = await configured(left, SPARSE)
      expect(await rebuilt(left, ...flags)).toMatchObject({ code: 0, report: { problems: [], manifests: 4 } })
      await withServer(left, async (registry) => {
        await checkImage(registry, 'team/after', 'late', late)
        expect(await statusesOf(registry, 'team/after', stolen)).toEqual([404, 200])
        expect(await statusesOf(registry, 'team/before', stolen)).toEqual([200, 200])
      })
      await fsckIsClean(left, ...flags)
    }, SPARSE)
  })

  test('and it is forgotten again what was pushed there and went', async () => {
    await withWorld(async (world, left) => {
      await pushImage({ registry: world, name: 'secret/a' }, secret, 'v1')
      await world.runJob('recovery')
      const probe = { registry: world, name: 'team/probe' }
      const naming = image('rebuild/own', layersAs(m.OCI_LAYER), LAYER_BYTES).manifest
      check(await m.putManifest(probe, 'naming', naming), { status: 201 })
      await world.runJob('recovery')
      for (const content of stolen) await pushBlob(probe, content)
      await world.runJob('recovery')
      check(await world.send('DELETE', m.manifestPath('team/probe', naming.digest)), { status: 202 })
      for (const { digest } of stolen)
        check(await world.send('DELETE', `/v2/team/probe/blobs/${digest}`), { status: 202 })
      check(await m.putManifest(probe, 'naming', naming), { status: 201 })
      expect(await statusesOf(world, 'team/probe', stolen)).toEqual([404, 404])
      await world.runJob('recovery')
      await lose(world, left)
      expect((await rebuilt(left, ...(await configured(left, SPARSE)))).code).toBe(0)
      await withServer(left, async (registry) => {
        expect(await statusesOf(registry, 'team/probe', stolen)).toEqual([404, 404])
      })
    }, SPARSE)
  })
})

describe('what cannot be brought back', () => {
  test('a missing layer: its image is not entered, its tag neither, both are named; the rest is there', async () => {
    await withWorld(async (world, left) => {
      const target = { registry: world, name: NAME }
      const [whole, broken] = images('missing', 2) as [Image, Image]
      await pushImage(target, whole, 'whole')
      await pushImage(target, broken, 'broken')
      const both = index([whole, broken].map(({ manifest }) => descriptor(manifest, m.OCI_MANIFEST)))
      check(await m.putManifest(target, 'both', both), { status: 201 })
      await world.runJob('recovery')
      await lose(world, left)
      const hex = broken.layer.digest.slice('sha256:'.length)
      const dir = join(left, 'blobs', 'sha256', hex.slice(0, 2))
      for (const file of await readdir(dir)) if (file.startsWith(hex)) await rm(join(dir, file))
      const { code, report } = await rebuilt(left)
      expect([code, report.manifests, report.tags]).toEqual([1, 1, 1])
      for (const lost of [broken.layer.digest, broken.manifest.digest, both.digest, `${NAME}:both`])
        expect(report.problems.join('\n')).toContain(lost)
      await withServer(left, async (registry) => {
        await checkImage(registry, NAME, 'whole', whole)
        check(await registry.send('GET', m.manifestPath(NAME, 'both')), { status: 404 })
      })
      await fsckIsClean(left)
    })
  })

  test('a damaged layer is left out with --verify; of two objects the sound one is taken anyway', async () => {
    await withWorld(async (world, left) => {
      const [damaged, twice] = images('damaged', 2) as [Image, Image]
      await pushImage({ registry: world, name: NAME }, damaged, 'damaged')
      await pushImage({ registry: world, name: NAME }, twice, 'twice')
      await world.runJob('recovery')
      await lose(world, left)
      const fileOf = async ({ layer }: Image) => {
        const dir = join(left, 'blobs', 'sha256', layer.digest.slice(7, 9))
        const name = (await readdir(dir)).find((file) => file.startsWith(layer.digest.slice(7))) ?? ''
        return join(dir, name)
      }
      const noise = Buffer.alloc(LAYER_BYTES, 7)
      await writeFile(await fileOf(damaged), noise)
      await writeFile((await fileOf(twice)).replace(/\.[^.]+$/, '.0000'), noise)
      const { code, report } = await rebuilt(left, '--verify')
      expect([code, report.manifests]).toEqual([1, 1])
      expect(report.problems.join('\n')).toContain(damaged.layer.digest.slice(7))
      expect((await berth(['fsck', '--data', left])).code).toBe(0)
      // Until a server writes the log anew, what was left out is still in it.
      expect((await rebuilt(left, '--replace')).report.manifests).toBe(2)
      await withServer(left, (registry) => checkImage(registry, NAME, 'twice', twice))
    })
  })

  test('a damaged piece of the log is named, and what the others say is there', async () => {
    await withWorld(async (world, left) => {
      const pushed = images('piece', 3)
      for (const [at, each] of pushed.entries()) {
        await pushImage({ registry: world, name: NAME }, each, `v${at}`)
        await world.runJob('recovery')
      }
      await lose(world, left)
      const files = await logFiles(left)
      const damaged = files.at(-1) ?? ''
      await truncate(damaged, (await readFile(damaged)).length - 3)
      const { code, report } = await rebuilt(left)
      expect(code).toBe(1)
      expect(report.problems.join('\n')).toContain('recovery log')
      expect(report.manifests).toBe(2)
    })
  })

  test('without a log nothing can be known, and that is said', async () => {
    await withWorld(async (world, left) => {
      await pushImage({ registry: world, name: NAME }, image('rebuild/none', {}, LAYER_BYTES), 'v1')
      await lose(world, left)
      const { code, stderr } = await berth(['rebuild', '--data', left])
      expect([code, stderr]).toEqual([1, expect.stringContaining('no recovery log')])
      expect(await readdir(left)).not.toContain('berth.db')
    })
  })
})

describe('the log', () => {
  test('a deletion of more than a row of the audit can name is followed all the same', async () => {
    await withWorld(async (world, left) => {
      const target = { registry: world, name: NAME }
      const [kept] = images('many', 1) as [Image]
      await pushImage(target, kept, 'kept')
      const tag = (at: number) => `t${String(at).padStart(3, '0')}`
      const [other] = images('many-tags', 1) as [Image]
      for (let at = 0; at < 60; at++) {
        if (at === 0) await pushImage(target, other, tag(at))
        else check(await m.putManifest(target, tag(at), other.manifest), { status: 201 })
      }
      await world.runJob('recovery')
      check(await world.send('DELETE', m.manifestPath(NAME, other.manifest.digest)), { status: 202 })
      await world.runJob('recovery')
      await lose(world, left)
      expect((await rebuilt(left)).report).toMatchObject({ manifests: 1, tags: 1, problems: [] })
    })
  })

  test('is written anew when it has grown, and says the same then', async () => {
    await withWorld(async (world, left) => {
      const target = { registry: world, name: NAME }
      const pushed = images('anew', 3)
      await world.runJob('recovery')
      for (const [at, each] of pushed.entries()) await pushImage(target, each, `v${at}`)
      // Random text: what compresses well would never be worth a checkpoint.
      for (let round = 0; round < 9; round++) {
        const text = randomBytes(2_000_000).toString('base64')
        const large = image(`rebuild/large-${round}`, { annotations: { text } })
        await pushImage(target, large, 'large')
        await world.runJob('recovery')
      }
      check(await world.send('DELETE', m.manifestPath(NAME, 'v0')), { status: 202 })
      await world.runJob('recovery')
      const files = await logFiles(world.dataDir)
      expect(files.filter((file) => file.includes('-end-'))).toHaveLength(1)
      await lose(world, left)
      expect((await rebuilt(left)).report.problems).toEqual([])
      await withServer(left, async (registry) => {
        expect(await tagsOf(registry, NAME)).toEqual(['large', 'v1', 'v2'])
        await checkImage(registry, NAME, 'v1', pushed[1] as Image)
      })
    })
  })

  test('rows of the audit that went unread do not matter: all is said once more', async () => {
    await withWorld(async (world, left) => {
      const [old, unread] = images('unread', 2) as [Image, Image]
      await pushImage({ registry: world, name: NAME }, old, 'old')
      await world.runJob('recovery')
      const before = await logFiles(world.dataDir)
      await pushImage({ registry: world, name: NAME }, unread, 'unread')
      await world.app.management.recorder.seal()
      const database = new Database(join(world.dataDir, 'berth.db'))
      database.run('update audit_state set anchor_id = (select max(id) from audit)')
      database.run('delete from audit')
      database.close()
      await world.runJob('recovery')
      expect((await logFiles(world.dataDir)).filter((file) => before.includes(file))).toEqual([])
      await lose(world, left)
      expect((await rebuilt(left)).report).toMatchObject({ manifests: 2, tags: 2, problems: [] })
    })
  })

  test('a backup that is restored beside it stands: what came after it is not brought back by the log', async () => {
    await withWorld(async (world, left) => {
      const [early, late] = images('restored', 2) as [Image, Image]
      await pushImage({ registry: world, name: NAME }, early, 'early')
      const backup = `${left}-backup`
      expect((await berth(['backup', backup, '--data', world.dataDir])).code).toBe(0)
      await pushImage({ registry: world, name: NAME }, late, 'late')
      await world.runJob('recovery')
      await lose(world, left)
      expect((await berth(['restore', backup, '--data', left])).code).toBe(0)
      const old = await logFiles(left)
      const again = await openInProcess({ config: { data: left } })
      await again.runJob('recovery')
      expect(again.errors()).toBe('')
      await again.close()
      expect((await logFiles(left)).filter((file) => old.includes(file))).toEqual([])
      expect((await rebuilt(left, '--replace')).report).toMatchObject({ manifests: 1, tags: 1, problems: [] })
    })
  })

  test('what was deleted and purged leaves it within a day, written anew once a day at most', async () => {
    await withWorld(async (world) => {
      const target = { registry: world, name: NAME }
      const [kept, gone] = images('purged', 2) as [Image, Image]
      await pushImage(target, kept, 'kept')
      await pushImage(target, gone, 'gone')
      await world.runJob('recovery')
      check(await world.send('DELETE', m.manifestPath(NAME, gone.manifest.digest)), { status: 202 })
      await world.runJob('recovery')
      expect(await isLogged(world, gone.manifest)).toBe(true)
      world.clock.advance(DAY_MS)
      await world.runJob('recovery')
      expect([await isLogged(world, gone.manifest), await isLogged(world, kept.manifest)]).toEqual([false, true])

      const files = await logFiles(world.dataDir)
      world.clock.advance(DAY_MS * 40)
      await world.runJob('recovery')
      expect(await logFiles(world.dataDir)).toEqual(files)
      for (let round = 0; round < 3; round++) {
        await world.runJob('gc')
        world.clock.advance(DAY_MS * 2)
      }
      await world.runJob('recovery')
      expect([await isLogged(world, gone.config), await isLogged(world, kept.config)]).toEqual([false, true])
    })
  })

  test('an idle registry writes nothing more, and fsck and the sweep leave the log alone', async () => {
    await withWorld(async (world) => {
      await pushImage({ registry: world, name: NAME }, image('rebuild/idle', {}, LAYER_BYTES), 'v1')
      await world.runJob('recovery')
      const files = await logFiles(world.dataDir)
      await pushBlob({ registry: world, name: NAME }, image('rebuild/only-a-blob').layer)
      for (let round = 0; round < 3; round++) await world.runJob('recovery')
      expect(await logFiles(world.dataDir)).toEqual(files)
      world.clock.advance(DAY_MS * 3)
      await world.runJob('sweep-orphans')
      world.clock.advance(DAY_MS)
      await world.runJob('sweep-orphans')
      expect(await logFiles(world.dataDir)).toEqual(files)
      expect(world.errors()).toBe('')
      await fsckIsClean(world.dataDir)
    })
  })
})
