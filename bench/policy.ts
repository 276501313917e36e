// `bun bench/policy.ts [pairs seconds]`: what rules add to manifest GET. One server, whose rules are turned off and on
// again and again, so that a slow spell of the machine falls on both alike. The target is less than 3 %.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { content } from '../test/conformance/support/content.ts'
import { OCI_CONFIG } from '../test/conformance/support/manifests.ts'
import { descriptor, image, manifestOf, pushImage } from '../test/e2e/support/images.ts'
import { registryAt } from '../test/e2e/support/server.ts'
import { runBerth, startBerth } from './support/contestants.ts'
import { cpuSeconds } from './support/cpu.ts'
import { MANIFEST_TYPE, REPOSITORY } from './support/data-set.ts'
import { killAllServers, type Server } from './support/server.ts'
import { spread } from './support/statistics.ts'
import { find, moveToLoadCpu, pinned } from './support/tools.ts'

const [PROJECT = ''] = REPOSITORY.split('/')
const RULES = [
  ['no-critical', '--severity', 'critical', '--unscanned', 'allow'],
  ['owned', '--label', 'owner=*'],
  ['young', '--max-age-days', '3650'],
]
const MODES = ['off', 'enforce'] as const
type Mode = (typeof MODES)[number]

interface Section {
  readonly perSecond: number
  /** CPU of the server for each thousand requests. */
  readonly cpu: number
}

const [pairs = 15, seconds = 2] = process.argv.slice(2).map(Number)
const dir = join(process.env.BERTH_BENCH_DIR ?? join(import.meta.dir, '../data/bench'), `policy-${process.pid}`)
mkdirSync(dir, { recursive: true })
process.on('exit', () => {
  killAllServers()
  rmSync(dir, { recursive: true, force: true })
})
moveToLoadCpu()
await measure()

async function measure(): Promise<void> {
  const server = await startBerth({ dir, args: ['--anonymous', 'push'], env: { BERTH_SCANNING__ENABLED: 'false' } })
  await pushLabelled(server)
  await runBerth(dir, ['project', 'add', PROJECT, '--public'])
  for (const words of RULES) await runBerth(dir, ['policy', 'add', PROJECT, ...words, '--mode', 'off'])
  const found: Record<Mode, Section[]> = { off: [], enforce: [] }
  for (let pair = 0; pair <= pairs; pair++) {
    for (const mode of pair % 2 === 0 ? MODES : MODES.toReversed()) {
      for (const [name = ''] of RULES) await runBerth(dir, ['policy', 'set-mode', PROJECT, name, mode])
      const section = await load(server)
      // The first pair warms up.
      if (pair > 0) found[mode].push(section)
    }
  }
  report('req/s', found, ({ perSecond }) => perSecond)
  report('CPU ms for 1,000', found, ({ cpu }) => cpu * 1000)
  await server.stop()
}

async function pushLabelled({ url }: Server): Promise<void> {
  const about = { architecture: 'amd64', os: 'linux', created: new Date().toISOString() }
  const config = content(JSON.stringify({ ...about, config: { Labels: { owner: 'bench' } } }))
  const plain = image('bench/policy')
  const body = { ...plain.body, config: descriptor(config, OCI_CONFIG) }
  const labelled = { ...plain, config, body, manifest: manifestOf(body, MANIFEST_TYPE) }
  await pushImage({ registry: registryAt(url), name: REPOSITORY }, labelled, 't1')
}

async function load({ url, pid }: Server): Promise<Section> {
  const program = find('wrk')
  if (program === undefined) throw new Error('wrk is not installed')
  const address = `${url}/v2/${REPOSITORY}/manifests/t1`
  const words = [program, '-t1', '-c32', `-d${seconds}s`, '-H', `Accept: ${MANIFEST_TYPE}`, address]
  const cpuBefore = cpuSeconds(pid)
  const child = Bun.spawn(pinned('load', words), { stdout: 'pipe', stderr: 'inherit' })
  const output = await child.stdout.text()
  const requests = Number(/(\d+) requests in/.exec(output)?.[1])
  if (!(requests > 0) || output.includes('Non-2xx')) throw new Error(`wrk said: ${output}`)
  return { perSecond: requests / seconds, cpu: (cpuSeconds(pid) - cpuBefore) / (requests / 1000) }
}

/** The median of the pairs' differences: what slows the machine for a while slows both of a pair. */
function report(
  what: string,
  found: Readonly<Record<Mode, readonly Section[]>>,
  measured: (section: Section) => number,
) {
  const [off, enforce] = [found.off.map(measured), found.enforce.map(measured)]
  const differences = off.map((value, pair) => ((enforce[pair] ?? Number.NaN) / value - 1) * 100)
  const shown = [off, enforce, differences].map((values) => spread(values)?.median.toFixed(1))
  console.log(`manifest GET, ${what}: ${shown[0]} without rules, ${shown[1]} with ${RULES.length} (${shown[2]} %)`)
}
