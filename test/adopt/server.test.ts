import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import { manifestPath } from '../conformance/support/manifests.ts'
import { berth } from '../e2e/support/command.ts'
import { PATIENCE_MS, registryAt } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { layTree, repositoryAt } from '../support/adopted-tree.ts'
import { startRegistry } from '../support/registry.ts'
import { rowsIn } from '../support/rows.ts'
import { listingOf } from './support/trees.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const SIZE = { repositories: 150, tags: 40, manifests: 10 }
const TAGS = SIZE.repositories * SIZE.tags

let made: string
let tree: string
let before: string[]
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'berth-adopted-'))
  tree = join(made, 'tree')
  layTree(tree, SIZE)
  before = await listingOf(tree)
})
afterAll(() => rm(made, { recursive: true, force: true }))

const count = async (data: string, sql: string) => (await rowsIn<{ n: number }>(data, sql))[0]?.n ?? 0
const doneIn = (data: string) => count(data, 'select count(*) as n from adopted_repositories where round = 1')
const start = (data: string) => startRegistry({ dataDir: data, args: ['--adopt', tree, '--anonymous', 'push'] })

async function readers(server: number): Promise<number[]> {
  const { stdout } = Bun.spawnSync(['pgrep', '-P', String(server), '-f', 'adopt run'])
  return stdout.toString().split('\n').filter(Boolean).map(Number)
}

const eventually = (what: string, ask: () => Promise<boolean> | boolean) => untilTrue(what, ask, 2 * PATIENCE_MS)

async function isDone(data: string, round: number): Promise<boolean> {
  const done = `select count(*) as n from adopted_places where state = 'done' and round = ${round}`
  return (await count(data, done)) === 1
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a server that is killed while it reads goes on where it was, and so does its reader', async () => {
  const data = join(made, 'data')
  const first = await start(data)
  const last = repositoryAt(SIZE.repositories - 1)
  check(await registryAt(first.url).send('GET', manifestPath(last, 'v7')), { status: 200 })
  await eventually('some are read', async () => (await doneIn(data)) > 20)
  const [reader] = await readers(first.pid)
  await first.stop('SIGKILL')
  await eventually('its reader ends with it', () => reader === undefined || !isAlive(reader))
  const reached = await doneIn(data)
  expect(reached).toBeLessThan(SIZE.repositories)

  const second = await start(data)
  try {
    await eventually('more are read', async () => (await doneIn(data)) > reached + 10)
    for (const pid of await readers(second.pid)) process.kill(pid, 'SIGKILL')
    await eventually('all is read', () => isDone(data, 1))
    expect(await count(data, 'select count(*) as n from tags')).toBe(TAGS)
    expect(await count(data, 'select count(*) as n from tag_events')).toBe(TAGS)
    expect(await count(data, 'select sum(tags) as n from adopted_repositories')).toBe(TAGS)
    const catalog = await registryAt(second.url).send('GET', '/v2/_catalog', { query: { n: '1000' } })
    expect(JSON.parse(catalog.text).repositories).toHaveLength(SIZE.repositories)

    const status = await berth(['adopt', 'status', '--data', data])
    expect(status.stdout).toContain(`all ${SIZE.repositories} repositories are known at `)
    expect(status.stdout).toContain(`(${TAGS} tags, ${SIZE.repositories * SIZE.manifests} manifests)`)
    expect((await berth(['adopt', 'problems', 'adopted', '--data', data])).code).toBe(0)
    expect((await berth(['adopt', 'problems', 'other', '--data', data])).stderr).toContain('there is no adopted place')

    expect((await berth(['adopt', 'again', 'adopted', '--data', data])).code).toBe(0)
    await eventually('all is read again', () => isDone(data, 2))
    expect(await count(data, 'select count(*) as n from tag_events')).toBe(TAGS)
    expect(await second.stop()).toBe(0)
    const fsck = await berth(['fsck', '--data', data], { env: { BERTH_ADOPT__ADOPTED: tree } })
    expect(fsck.stdout + fsck.stderr).toContain('0 errors')
    expect(await listingOf(tree)).toEqual(before)
  } finally {
    await second.close()
  }
})

/** The same data folder, with nothing adopted any more. */
async function checkWithout(data: string, args: readonly string[] = []): Promise<void> {
  const server = await startRegistry({ dataDir: data, args: ['--anonymous', 'push', ...args] })
  try {
    for (const index of [0, 77, SIZE.repositories - 1]) {
      const name = repositoryAt(index)
      const registry = registryAt(server.url)
      const manifest = check(await registry.send('GET', manifestPath(name, 'v3')), { status: 200 })
      const { config, layers } = JSON.parse(manifest.text)
      for (const { digest, size } of [config, ...layers]) {
        const blob = check(await registry.send('GET', `/v2/${name}/blobs/${digest}`), { status: 200 })
        expect(blob.bytes).toHaveLength(size)
      }
    }
  } finally {
    await server.close()
  }
}

test('a backup, a move and a rebuild have what is adopted', async () => {
  const data = join(made, 'whole')
  const env = { BERTH_ADOPT__ADOPTED: tree }
  const server = await start(data)
  await eventually('all is read', () => isDone(data, 1))
  // The log beside the blobs is written when it stops.
  expect(await server.stop()).toBe(0)
  await succeed(['backup', 'create', join(made, 'backup'), '--data', data], env)
  await succeed(['restore', join(made, 'backup'), '--data', join(made, 'restored')])
  await checkWithout(join(made, 'restored'))

  const rebuilt = join(made, 'rebuilt')
  await cp(join(data, 'blobs'), join(rebuilt, 'blobs'), { recursive: true })
  await succeed(['rebuild', '--data', rebuilt], env)
  expect(await count(rebuilt, 'select count(*) as n from tags')).toBe(TAGS)
  await checkWithout(rebuilt, ['--adopt', tree])

  const refused = await berth(['migrate', '--data', data, ...toFolder(join(made, 'refused'))])
  expect(refused.stderr).toContain('"adopted" is not in this configuration')
  await succeed(['migrate', '--data', data, ...toFolder(join(made, 'moved'))], env)
  await checkWithout(join(made, 'moved'))
  expect(await listingOf(tree)).toEqual(before)
})

const toFolder = (folder: string) => ['--to-database', `sqlite:${folder}`, '--to-storage', `file:${folder}`]

async function succeed(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { code, stdout, stderr } = await berth(args, { env })
  if (code !== 0) throw new Error(`berth ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
}
