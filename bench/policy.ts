// `bun bench/policy.ts`: what rules add to manifest GET; the target is less than 3 %. Three registries in one process,
// two of them without rules, answer a few requests in turn, again and again, so that a slow spell of the machine falls on
// all alike; the two without rules say how much of the difference is chance. CPU time, without sockets: they would hide it.
import { addRule } from '../src/policy/manage-rules.ts'
import { BY, World } from '../test/access/support/world.ts'
import { FakeEvidence } from '../test/e2e/support/fake-evidence.ts'
import { image, pushImage } from '../test/e2e/support/images.ts'
import { REPOSITORY } from './support/data-set.ts'
import { spread } from './support/statistics.ts'

const [PROJECT = ''] = REPOSITORY.split('/')
const RULES = 3
const WARM_UP = 20_000
const AT_ONCE = 500
const [turns = 300] = process.argv.slice(2).map(Number)

interface Contestant {
  readonly what: string
  /** Microseconds of CPU for each of so many requests. */
  readonly section: (requests: number) => Promise<number>
  readonly found: number[]
  readonly close: () => Promise<void>
}

async function open(what: string, rules: number): Promise<Contestant> {
  // What projects trust and except is looked up as in a server.
  const { findings, signatures } = new FakeEvidence()
  const world = await World.open({}, { evidence: { findings, signatures } })
  const admin = await world.user('root-ann', { systemRole: 'administrator' })
  const project = await world.project(PROJECT, true)
  await pushImage({ registry: world.with(admin.basic), name: REPOSITORY }, image('bench/policy'), 't1')
  for (let n = 0; n < rules; n++)
    await addRule(world.m, BY, project, {
      ...{ name: `rule-${n}`, mode: 'enforce' },
      check: { kind: 'vulnerabilities', severity: 'critical' },
    })
  const headers = await world.token({}, `repository:${REPOSITORY}:pull`)
  const pulling = world.with(headers)
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

const none = await open('without rules', 0)
const ruled = await open(`with ${RULES} rules`, RULES)
const again = await open('without rules again', 0)
const all = [none, ruled, again]
for (const { section } of all) await section(WARM_UP)
for (let turn = 0; turn < turns; turn++)
  for (let at = 0; at < all.length; at++) {
    const contestant = all[(at + turn) % all.length]
    contestant?.found.push(await contestant.section(AT_ONCE))
  }
for (const { what, found } of all) {
  const difference = spread(found.map((value, turn) => (value / (none.found[turn] ?? value) - 1) * 100))?.median
  console.log(`manifest GET ${what}: ${spread(found)?.median.toFixed(2)} µs of CPU (${difference?.toFixed(1)} %)`)
}
for (const { close } of all) await close()
