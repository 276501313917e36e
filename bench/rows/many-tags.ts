import { join } from 'node:path'
import { type Account, makeAdministrator, tokenHeaders } from '../support/accounts.ts'
import { startBerth } from '../support/contestants.ts'
import { MANIFEST_TYPE } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { seedTags } from '../support/lifecycle-seed.ts'
import { awaitSettled } from '../support/lifecycle-state.ts'
import type { Figure } from '../support/result.ts'
import type { Server } from '../support/server.ts'
import { STEADY_RATE, startSteadyLoad } from '../support/steady.ts'

const ROW = 15
const REPOSITORY = 'bench/tags'
const API_REPOSITORY = `/api/v1/repositories/${encodeURIComponent(REPOSITORY)}`
const TOKEN = `/token?service=berth&scope=repository:${REPOSITORY}:pull`
const CALLS = 50
const KEEP = 1000
/** What is promised is promised of so many. */
const PROMISED_TAGS = 100_000

/** A repository of many tags, and who may ask for everything. */
interface Scene {
  readonly server: Server
  readonly root: Account
  readonly tags: readonly string[]
  readonly dir: string
}

/** What depends on how much there is, unless somebody keeps count. */
export async function manyTags(lab: Lab): Promise<void> {
  const dir = lab.scratch('many-tags')
  const store = join(dir, 'store')
  const root = await makeAdministrator(store, REPOSITORY)
  const tags = seedTags(store, REPOSITORY, Number(process.env.BERTH_BENCH_TAGS ?? PROMISED_TAGS))
  const server = await startBerth({ dir })
  try {
    await awaitSettled(store)
    const scene: Scene = { server, root, tags, dir }
    await ownBytes(lab, scene)
    await deletions(lab, scene)
    await previews(lab, scene)
    await pullsMeanwhile(lab, scene)
  } finally {
    await server.stop()
    lab.scratch('many-tags')
  }
}

async function ownBytes(lab: Lab, { server, root, tags }: Scene): Promise<void> {
  const url = server.url + API_REPOSITORY
  const ask = async () => {
    const { tags: counted } = await answerOf(await fetch(url, { headers: root.headers }), 200)
    if (counted !== tags.length) throw new Error(`${url} told of ${counted} tags`)
  }
  // The first call of all loads the admin API.
  await ask()
  const berth = await repeated(ask)
  const what = `the bytes that no other repository holds, of a repository of ${countOf(tags)} tags`
  lab.add({ row: ROW, id: idOf('bytes', tags), what, unit: 'ms', figures: { berth } })
}

/** One after the other, spread over the older half; each takes its image along later. */
async function deletions(lab: Lab, { server, root, tags }: Scene): Promise<void> {
  const step = Math.floor(tags.length / 2 / CALLS)
  const berth = await repeated(async (turn) => {
    const url = `${server.url}/v2/${REPOSITORY}/manifests/${tags[turn * step]}`
    await answerOf(await fetch(url, { method: 'DELETE', headers: root.headers }), 202)
  })
  const what = `DELETE of one of ${countOf(tags)} tags, durable`
  lab.add({ row: ROW, id: idOf('delete', tags), what, unit: 'ms', figures: { berth } })
}

async function previews(lab: Lab, scene: Scene): Promise<void> {
  const berth: Figure[] = []
  for (let turn = 0; turn < lab.options.pairs; turn++) {
    const asked = performance.now()
    await preview(scene)
    berth.push({ value: performance.now() - asked })
  }
  const what = `preview of a retention rule on ${countOf(scene.tags)} tags, which keeps ${KEEP.toLocaleString('en-US')}`
  lab.add({ row: ROW, id: idOf('preview', scene.tags), what, unit: 'ms', figures: { berth } })
}

/** In turn: pulls alone, and pulls while somebody asks again and again what a rule would remove. */
async function pullsMeanwhile(lab: Lab, scene: Scene): Promise<void> {
  const { server, root, tags, dir } = scene
  const headers = { Accept: MANIFEST_TYPE, ...(await tokenHeaders(server.url, root, TOKEN)) }
  const paths = tags.slice(-KEEP).map((tag) => `/v2/${REPOSITORY}/manifests/${tag}`)
  const load = await startSteadyLoad({ server, paths, headers, dir })
  const times: { from: number; asked: number; to: number; calls: number }[] = []
  for (let pair = 0; pair < lab.options.pairs; pair++) {
    await Bun.sleep(lab.options.warmupSeconds * 1000)
    const from = Date.now()
    await Bun.sleep(lab.options.seconds * 1000)
    const asked = Date.now()
    let calls = 0
    for (; calls === 0 || Date.now() < asked + lab.options.seconds * 1000; calls++) await preview(scene)
    times.push({ from, asked, to: Date.now(), calls })
  }
  const samples = await load.stop()
  const berth = times.map(({ from, asked }) => samples.between(from, asked))
  const busy = times.map(({ asked, to }) => samples.between(asked, to))
  const told = Math.max(...times.map(({ asked, to, calls }) => (to - asked) / calls))
  const note = `beside the pulls a preview took up to ${(told / 1000).toFixed(1)} s`
  const what = `p99 of manifest GET by tag, ${STEADY_RATE} req/s whatever the answers take, without and with such previews`
  lab.add({ row: ROW, id: 'preview-latency', what, unit: 'ms', figures: { berth, busy }, note })
}

async function preview({ server, root, tags }: Scene): Promise<void> {
  const body = JSON.stringify({ rules: [{ tags: '*', keep: { lastPushed: KEEP } }], limit: 100 })
  const headers = { ...root.headers, 'content-type': 'application/json' }
  const asked = fetch(`${server.url}/api/v1/projects/bench/retention/preview`, { method: 'POST', headers, body })
  const { tags: going } = await answerOf(await asked, 200)
  const wanted = tags.length - CALLS - KEEP
  if (going !== wanted) throw new Error(`the preview tells of ${going} tags, not of ${wanted}`)
}

async function answerOf(response: Response, status: number): Promise<{ readonly tags?: unknown }> {
  const text = await response.text()
  if (response.status !== status) throw new Error(`${response.url} answered ${response.status}: ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

/** In milliseconds, each. */
async function repeated(call: (turn: number) => Promise<void>): Promise<Figure[]> {
  const figures: Figure[] = []
  for (let turn = 0; turn < CALLS; turn++) {
    const startedAt = performance.now()
    await call(turn)
    figures.push({ value: performance.now() - startedAt })
  }
  return figures
}

function idOf(what: string, tags: readonly unknown[]): string {
  return tags.length === PROMISED_TAGS ? `many-tags-${what}` : `fewer-tags-${what}`
}

function countOf(things: readonly unknown[]): string {
  return things.length.toLocaleString('en-US')
}
