import { afterAll, beforeAll, expect, it, setDefaultTimeout } from 'bun:test'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, SEED } from '../faults/support/server.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { Load } from './support/load.ts'
import { describeReplicas } from './support/suite.ts'

setDefaultTimeout(180_000)

/** What a later version may bring: a table, and a column that rows of before do not have. */
const MIGRATION = `
export async function up(db) {
  await db.schema.alterTable('repositories').addColumn('stars', 'integer').execute()
  await db.schema.createTable('stars').addColumn('id', 'integer', (column) => column.primaryKey()).execute()
}
`
const LATEST = /'\d{4}-[a-z-]+': .+,\n(?=\})/
const PATIENCE_MS = 3000

let cluster: Cluster
let folder: string

/** This very program with one migration more. `readableBy`: the oldest schema whose program may serve beside it. */
async function makeVersion(name: string, readableBy: string | undefined): Promise<string> {
  const root = join(folder, name)
  for (const part of ['src', 'package.json', 'tsconfig.json'])
    await cp(join(ROOT, part), join(root, part), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  const file = join(root, 'src/metadata/migrate.ts')
  const text = await readFile(file, 'utf8')
  const latest = LATEST.exec(text)?.[0]
  if (latest === undefined) throw new Error('the list of migrations is not as this test knows it')
  const next = `9999-${name}`
  const changed = text
    .replace(LATEST, `${latest}  '${next}': () => import('./migrations/${next}.ts'),\n`)
    .replace(/READABLE_BY = '[^']+'/, `READABLE_BY = '${readableBy ?? next}'`)
  await writeFile(file, changed)
  await writeFile(join(root, `src/metadata/migrations/${next}.ts`), MIGRATION)
  return root
}

describeReplicas(
  `a rolling upgrade under load (BERTH_TEST_SEED=${SEED})`,
  () => {
    let load: Load
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'berth-upgrade-'))
      // HAProxy looks whether a replica is ready, and has stopped sending when it closes. nginx finds out by failing: what
      // the kernel had accepted for a replica at that moment is reset, and a body is not sent twice (docs/scale.md).
      cluster = await startCluster({ balancer: 'haproxy', env: { BERTH_SHUTDOWN__DELAY: '5s' } })
      load = new Load({ urls: [cluster.url], seed: SEED, name: 'upgrade' })
    })
    afterAll(async () => {
      await cluster?.close()
      await rm(folder, { recursive: true, force: true })
    })

    it('both versions serve while one is exchanged for the other, and nobody notices', async () => {
      const [old, other] = cluster.replicas
      const readable = /READABLE_BY = '([^']+)'/.exec(
        await readFile(join(ROOT, 'src/metadata/migrate.ts'), 'utf8'),
      )?.[1]
      const newer = await makeVersion('additive', readable ?? '')
      load.start(3, 2)
      await Bun.sleep(PATIENCE_MS)
      expect(await other.stop('SIGTERM')).toBe(0)
      await other.start({}, newer)
      await Bun.sleep(PATIENCE_MS)
      // Way back: the old version may also be started on what the newer one made.
      expect(await old.stop('SIGTERM')).toBe(0)
      await old.start()
      await Bun.sleep(PATIENCE_MS)
      expect(await old.stop('SIGTERM')).toBe(0)
      await old.start({}, newer)
      await Bun.sleep(1000)
      await load.stop()
      expect(load.problems).toEqual([])
      process.stdout.write(`upgraded: ${JSON.stringify(load.statuses())}\n`)
      expect(Object.keys(load.statuses()).sort()).toEqual(['200', '201'])
      expect(await load.check()).toEqual([])
      for (const replica of cluster.replicas) expect(replica.output()).not.toContain('"level":"error"')
    })

    it('a version that cannot be served beside is refused by the old one, which changes nothing', async () => {
      const [old, other] = cluster.replicas
      await old.stop('SIGTERM')
      await other.stop('SIGTERM')
      const breaking = await makeVersion('breaking', undefined)
      const text = await readFile(join(breaking, 'src/metadata/migrations/9999-breaking.ts'), 'utf8')
      await writeFile(join(breaking, 'src/metadata/migrations/9999-breaking.ts'), text.replaceAll("'stars'", "'moons'"))
      // It knows what was made before it.
      const known = await readFile(join(breaking, 'src/metadata/migrate.ts'), 'utf8')
      await writeFile(
        join(breaking, 'src/metadata/migrate.ts'),
        known.replace(
          "  '9999-breaking'",
          "  '9999-additive': () => import('./migrations/9999-additive.ts'),\n  '9999-breaking'",
        ),
      )
      await writeFile(join(breaking, 'src/metadata/migrations/9999-additive.ts'), MIGRATION)
      await other.start({}, breaking)
      await expect(old.start()).rejects.toThrow('start that version')
      expect(await load.check()).toEqual([])
    })
  },
  ['haproxy'],
)
