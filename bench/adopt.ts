// `bun bench/adopt.ts [repositories tags manifests]`: how soon an adopted tree is served, and how soon all of it is listed.
// The figures of docs/adopt.md: 10000 100 20. BERTH_BENCH_TREE=FOLDER keeps the tree for the next time.
import { Database } from 'bun:sqlite'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { layTree, repositoryAt, type TreeSize } from '../test/support/adopted-tree.ts'
import { startBerth } from './support/contestants.ts'
import { cpuSeconds } from './support/cpu.ts'
import { killAllServers } from './support/server.ts'

const EVERY_MS = 10
const LIMIT_MS = 1_800_000

interface Place {
  readonly state: string
  readonly started_at: number
  readonly ended_at: number | null
}

let lookedAt = 0

const [repositories = 10_000, tags = 100, manifests = 20] = process.argv.slice(2).map(Number)
await measure({ repositories, tags, manifests })
killAllServers()

async function measure(size: TreeSize): Promise<void> {
  const base = process.env.BERTH_BENCH_DIR ?? join(import.meta.dir, '../data/bench')
  const dir = join(base, `adopt-${process.pid}`)
  const tree = process.env.BERTH_BENCH_TREE ?? join(dir, 'tree')
  mkdirSync(dir, { recursive: true })
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
  if (!existsSync(tree)) {
    const laidAt = performance.now()
    layTree(tree, size)
    say('tree', `${secondsSince(laidAt)} s to lay`)
  }
  const startedAt = performance.now()
  const server = await startBerth({ dir, args: ['--adopt', tree, '--anonymous', 'push'] })
  const first = await pull(server.url, size.repositories - 1, 7)
  say('first pull', `${secondsSince(startedAt)} s after the start (the answer took ${first.toFixed(1)} ms)`)

  const latencies: number[] = []
  const peak = { server: 0, reader: 0, readerCpu: 0 }
  for (let turn = 0; !isDone(dir); turn++) {
    if (performance.now() - startedAt > LIMIT_MS) throw new Error('it is not listed after half an hour')
    const askedAt = performance.now()
    latencies.push(await pull(server.url, (turn * 7919) % size.repositories, turn % size.tags))
    if (turn % 100 === 0) note(peak, server.pid)
    await Bun.sleep(Math.max(0, EVERY_MS - (performance.now() - askedAt)))
  }
  const place = placeIn(dir)
  const seconds = ((place?.ended_at ?? 0) - (place?.started_at ?? 0)) / 1000
  const all = size.repositories * size.tags
  say(
    'all listed',
    `${seconds.toFixed(0)} s, ${Math.round(all / seconds)} tags/s; its reader used ${peak.readerCpu.toFixed(0)} s of a CPU`,
  )
  latencies.sort((a, b) => a - b)
  const at = (share: number) => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1)
  say('pulls meanwhile', `${latencies.length}: median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(0.9999)} ms`)
  say('memory', `server ${peak.server} MB, reader ${peak.reader} MB at most`)
  await server.stop()
}

/** Of a manifest by tag; in milliseconds. */
async function pull(url: string, repository: number, tag: number): Promise<number> {
  const askedAt = performance.now()
  const answer = await fetch(`${url}/v2/${repositoryAt(repository)}/manifests/v${tag}`)
  await answer.bytes()
  if (answer.status !== 200) throw new Error(`${answer.url} answered ${answer.status}`)
  return performance.now() - askedAt
}

function placeIn(dir: string): Place | undefined {
  const database = new Database(join(dir, 'store/berth.db'), { readonly: true })
  try {
    return database.query<Place, []>('select state, started_at, ended_at from adopted_places').get() ?? undefined
  } finally {
    database.close()
  }
}

function isDone(dir: string): boolean {
  if (performance.now() - lookedAt < 500) return false
  lookedAt = performance.now()
  return placeIn(dir)?.state === 'done'
}

function note(peak: { server: number; reader: number; readerCpu: number }, server: number): void {
  peak.server = Math.max(peak.server, memoryOf(server))
  const { stdout } = Bun.spawnSync(['pgrep', '-P', String(server), '-f', 'adopt run'])
  for (const pid of stdout.toString().split('\n').filter(Boolean).map(Number)) {
    peak.reader = Math.max(peak.reader, memoryOf(pid))
    peak.readerCpu = Math.max(peak.readerCpu, cpuSeconds(pid))
  }
}

/** In MB. */
function memoryOf(pid: number): number {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}

function secondsSince(at: number): string {
  return ((performance.now() - at) / 1000).toFixed(1)
}

function say(what: string, how: string): void {
  console.log(`${what.padEnd(16)} ${how}`)
}
