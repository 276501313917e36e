// `bun bench/traces.ts`: what traces add to manifest GET. Registries in one process answer a few requests in turn, as in
// bench/policy.ts; the collector is a process of its own that throws everything away. CPU time, without sockets.
import { World } from '../test/access/support/world.ts'
import { image, pushImage } from '../test/e2e/support/images.ts'
import { REPOSITORY } from './support/data-set.ts'
import { spread } from './support/statistics.ts'

const [PROJECT = ''] = REPOSITORY.split('/')
const WARM_UP = 10_000
const AT_ONCE = 500
const [turns = 200] = process.argv.slice(2).map(Number)
const COLLECTOR = `const s = Bun.serve({ port: 0, fetch: async (r) => (await r.bytes(), new Response()) }); console.log(s.url.href)`

interface Contestant {
  readonly what: string
  /** Microseconds of CPU for each of so many requests. */
  readonly section: (requests: number) => Promise<number>
  readonly found: number[]
  readonly close: () => Promise<void>
}

async function open(what: string, traces: Readonly<Record<string, unknown>>): Promise<Contestant> {
  const world = await World.open({ traces })
  const admin = await world.user('root-ann', { systemRole: 'administrator' })
  await world.project(PROJECT, true)
  await pushImage({ registry: world.with(admin.basic), name: REPOSITORY }, image('bench/traces'), 't1')
  const pulling = world.with(await world.token({}, `repository:${REPOSITORY}:pull`))
  const section = async (requests: number) => {
    const before = process.cpuUsage()
    for (let n = 0; n < requests; n++) {
      const { status } = await pulling.send('GET', `/v2/${REPOSITORY}/manifests/t1`)
      if (status !== 200) throw new Error(`${what}: ${status}`)
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / requests
  }
  return { what, section, found: [], close: () => world.close() }
}

const collector = Bun.spawn([process.execPath, '-e', COLLECTOR], { stdout: 'pipe' })
const { value } = await collector.stdout.getReader().read()
const endpoint = new TextDecoder().decode(value).trim().replace('localhost', '127.0.0.1')
const off = await open('without traces', {})
const all = [
  off,
  await open('every request traced', { endpoint }),
  await open('one in a hundred traced', { endpoint, sample: 0.01 }),
  await open('without traces again', {}),
]
for (const { section } of all) await section(WARM_UP)
for (let turn = 0; turn < turns; turn++)
  for (let at = 0; at < all.length; at++) {
    const contestant = all[(at + turn) % all.length]
    contestant?.found.push(await contestant.section(AT_ONCE))
  }
for (const { what, found } of all) {
  const more = spread(found.map((each, turn) => each - (off.found[turn] ?? each)))?.median
  console.log(`manifest GET ${what}: ${spread(found)?.median.toFixed(2)} µs of CPU (${more?.toFixed(2)} µs more)`)
}
for (const { close } of all) await close()
collector.kill()
