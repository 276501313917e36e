import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { image, pushImage } from './support/images.ts'
import { basic, PATIENCE_MS, registryAt } from './support/server.ts'
import { until } from './support/until.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const ADMIN = basic('root', 'a long password')
const run = z.object({ outcome: z.string(), asked: z.boolean(), server: z.string(), problem: z.string().optional() })
const job = z.object({
  name: z.string(),
  about: z.string().min(10),
  everySeconds: z.number(),
  asked: z.boolean(),
  running: z.object({ progress: z.object({ done: z.number() }).optional() }).optional(),
  lastRun: run.optional(),
  nextAt: z.iso.datetime(),
  runs: z.array(run).optional(),
})
type Job = z.infer<typeof job>

let dataDir: string
let server: RunningRegistry
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'berth-jobs-'))
  const added = await berth(['user', 'add', 'root', '--role', 'administrator', '--data', dataDir], {
    input: 'a long password\n',
  })
  expect(added.stderr).toBe('')
  await start()
})
afterEach(async () => {
  await server.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function start(): Promise<void> {
  // Whoever answers is not the process that has the jobs. A byte is read again in a millisecond.
  const env = { BERTH_WORKERS: '2', BERTH_SCRUB__RATE: '1000', BERTH_SCANNING__ENABLED: 'true' }
  server = await startRegistry({ dataDir, env })
}

async function send(method: string, path: string): Promise<unknown> {
  const { status, text } = await registryAt(server.url, ADMIN).send(method, `/api/v1${path}`)
  return { status, ...JSON.parse(text) }
}

function untilJob(what: string, name: string, is: (found: Job) => boolean): Promise<Job> {
  const look = async () => {
    const found = job.safeParse(await send('GET', `/jobs/${name}`)).data
    return found !== undefined && is(found) ? found : undefined
  }
  return until(what, look, 2 * PATIENCE_MS)
}

test('what the server does by itself is listed, in plain words, and when it is next', async () => {
  await untilJob('it is known', 'gc', () => true)
  const { items } = z.object({ items: z.array(job) }).parse(await send('GET', '/jobs'))
  expect(items.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['audit-seal', 'gc', 'scan', 'scrub', 'webhooks']),
  )
  expect(items.find(({ name }) => name === 'sample-usage')).toMatchObject({ everySeconds: 21_600, asked: false })
  expect(await send('GET', '/jobs/none')).toMatchObject({ status: 404, detail: 'there is no job "none"' })
})

test('a job runs when somebody wants it, and is known after a restart', async () => {
  await untilJob('it is known', 'rotate-token-keys', ({ lastRun }) => lastRun === undefined)
  expect(await send('POST', '/jobs/rotate-token-keys/run')).toMatchObject({ status: 200, asked: true })
  await untilJob('it ran', 'rotate-token-keys', ({ lastRun, asked }) => lastRun?.outcome === 'done' && !asked)
  expect(await send('POST', '/jobs/rotate-token-keys/cancel')).toMatchObject({ status: 409 })
  expect(await server.stop()).toBe(0)
  await start()
  const { runs } = await untilJob('it is known', 'rotate-token-keys', () => true)
  expect(runs).toEqual([expect.objectContaining({ outcome: 'done', asked: true })])
  const audit = await berth(['audit', 'list', '--data', dataDir])
  expect(audit.stdout).toContain('job.asked')
})

test('long work shows how far it is, and can be ended; one that dies with its server is said to be lost', async () => {
  const target = { registry: registryAt(server.url, ADMIN), name: 'root/app' }
  await pushImage(target, image('jobs/small'), 'small')
  await pushImage(target, image('jobs/large', {}, 300_000), 'large')
  await untilJob('it is known', 'scrub', () => true)
  await send('POST', '/jobs/scrub/run')
  await untilJob('it runs', 'scrub', ({ running }) => running !== undefined)
  expect(await send('POST', '/jobs/scrub/cancel')).toMatchObject({ status: 200, name: 'scrub' })
  const ended = await untilJob('it ended', 'scrub', ({ running }) => running === undefined)
  expect(ended.lastRun).toMatchObject({ outcome: 'cancelled', asked: true })
  await send('POST', '/jobs/scrub/run')
  await untilJob('it runs again', 'scrub', ({ running }) => running !== undefined)
  await server.stop('SIGKILL')
  await start()
  await send('POST', '/jobs/scrub/run')
  const { runs } = await untilJob('it is lost', 'scrub', ({ lastRun }) => lastRun?.outcome === 'lost')
  expect(runs?.map(({ outcome }) => outcome)).toEqual(['lost', 'cancelled'])
})
