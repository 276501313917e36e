import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ON_POSTGRES } from '../support/postgres.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { descriptor, image, index, pushImage } from './support/images.ts'
import { OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { basic, PATIENCE_MS, registryAt } from './support/server.ts'
import { untilTrue } from './support/until.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const ADMIN = basic('root', 'a long password')
const SECRET = 'Tr0ub4dor'

let dataDir: string
let server: RunningRegistry
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'berth-system-'))
  const input = 'a long password\n'
  await berth(['user', 'add', 'root', '--role', 'administrator', '--data', dataDir], { input })
  const config = join(dataDir, 'berth.yaml')
  await Bun.write(config, `gc: { every: 45s }\naudit: { syslog: "tcp://${SECRET}:${SECRET}@127.0.0.1:9" }\n`)
  server = await startRegistry({
    dataDir,
    args: ['--config', config, '--log-level', 'warn', '--listen', '127.0.0.1:0', '--log-level', 'info'],
    env: {
      BERTH_WORKERS: '2',
      BERTH_SCANNING__ENABLED: 'true',
      BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never',
      BERTH_SCANNING__VULNERABILITIES__SOURCE: `https://user:${SECRET}@127.0.0.1:9/osv?token=${SECRET}`,
    },
  })
}, 4 * PATIENCE_MS)
afterAll(async () => {
  await server.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function read(path: string): Promise<{ status: number; text: string }> {
  return registryAt(server.url, ADMIN).send('GET', `/api/v1${path}`)
}

const system = z.looseObject({ startedAt: z.string(), counts: z.record(z.string(), z.unknown()) })

test('what a server is and holds, the same at each of its workers', async () => {
  const target = { registry: registryAt(server.url, ADMIN), name: 'root/app' }
  const [one, two] = [image('system/one'), image('system/two')]
  for (const each of [one, two]) await pushImage(target, each)
  await putManifest(target, 'all', index([one, two].map(({ manifest }) => descriptor(manifest, OCI_MANIFEST))))
  const wanted = { repositories: 1, tags: 1, manifests: 3, blobs: 4, users: 1, projects: 1 }
  let last: z.infer<typeof system> | undefined
  await untilTrue(
    'it is counted',
    async () => {
      last = system.parse(JSON.parse((await read('/system')).text))
      return Object.entries(wanted).every(([name, count]) => last?.counts[name] === count)
    },
    PATIENCE_MS,
  )
  expect(last).toMatchObject({
    ...{ ready: true, problems: [], server: { workers: 2 }, version: '0.1.0' },
    database: { kind: ON_POSTGRES ? 'postgres' : 'sqlite', bytes: expect.any(Number) },
    storage: { kind: 'files', isEncrypted: false, disk: { freeBytes: expect.any(Number) } },
    vulnerabilityData: { records: 0, problems: [] },
    counts: {
      storedBytes: [one, two].reduce((sum, { config, layer }) => sum + config.bytes.length + layer.bytes.length, 0),
    },
  })
  const starts = new Set<string>()
  // Connections of their own come to one worker or the other.
  for (let times = 0; times < 20; times++) starts.add(system.parse(JSON.parse((await read('/system')).text)).startedAt)
  expect([...starts]).toEqual([last?.startedAt ?? ''])
})

test('the configuration in force, with where it is from and without secrets', async () => {
  const { text } = await read('/settings')
  expect(text).not.toContain(SECRET)
  const item = z.object({ key: z.string(), origin: z.string(), value: z.unknown().optional(), isHidden: z.boolean() })
  const { items } = z.object({ items: z.array(item) }).parse(JSON.parse(text))
  const found = Object.fromEntries(items.map(({ key, value, origin }) => [key, [value, origin]]))
  expect(found).toMatchObject({
    'gc.every': ['45s', 'file'],
    'gc.lease': ['1d', 'default'],
    'log.level': ['info', 'flag'],
    workers: [2, 'environment'],
    'audit.syslog': ['tcp://HIDDEN@127.0.0.1:9', 'file'],
    'scanning.vulnerabilities.source': ['https://HIDDEN@127.0.0.1:9/osv?token=HIDDEN', 'environment'],
  })
  expect(items.filter(({ isHidden }) => isHidden).map(({ key }) => key)).toContain('audit.syslog')
})
