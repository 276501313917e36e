// `npm run bench`: ours against docker-registry and nginx, in one run, on one disk. `npm run bench -- help` lists the words.
import { join } from 'node:path'
import { writePage } from './report/markdown.ts'
import { terminalReport } from './report/terminal.ts'
import { access } from './rows/access.ts'
import { bigBlobs, blobHead, ranges, smallBlobs } from './rows/blobs.ts'
import { connections } from './rows/connections.ts'
import { inventories, policy, rematch, scannedPushes } from './rows/contents.ts'
import { crash } from './rows/crash.ts'
import { imagePulls } from './rows/image-pulls.ts'
import { floor, manifestGet, manifestHead } from './rows/manifests.ts'
import { lifecycle } from './rows/lifecycle.ts'
import { pushes } from './rows/pushes.ts'
import { scaleGrowth } from './rows/scale-growth.ts'
import { scaleReplicas } from './rows/scale-replicas.ts'
import { scaleTraffic } from './rows/scale-traffic.ts'
import { smallWrites } from './rows/small-writes.ts'
import { starts } from './rows/starts.ts'
import { coldPulls } from './rows/upstreams-cold.ts'
import { copies } from './rows/upstreams-copy.ts'
import { presentTags } from './rows/upstreams-tags.ts'
import { warmPulls } from './rows/upstreams-warm.ts'
import { Lab } from './support/lab.ts'
import { measureLimits } from './support/limits.ts'
import { type Options, parseOptions, USAGE } from './support/options.ts'
import { killAllServers } from './support/server.ts'
import { moveToLoadCpu } from './support/tools.ts'

/** The rows by their number in docs/performance.md; 11 to 16 and 21 are not written yet. */
const ROWS: Readonly<Record<number, (lab: Lab) => Promise<void>>> = {
  1: floor,
  2: manifestGet,
  3: manifestHead,
  4: blobHead,
  5: smallBlobs,
  6: bigBlobs,
  7: ranges,
  8: pushes,
  9: smallWrites,
  10: imagePulls,
  17: lifecycle,
  18: connections,
  19: starts,
  20: crash,
  22: access,
  23: scaleTraffic,
  24: scaleGrowth,
  25: scaleReplicas,
  26: coldPulls,
  27: warmPulls,
  28: presentTags,
  29: copies,
  30: inventories,
  31: rematch,
  32: policy,
  33: scannedPushes,
}

/** The rows that a target rests on. */
const QUICK_ROWS = [2, 3, 4, 6, 8, 18, 19, 20, 22]

function wantedRows({ rows, quick }: Options): (readonly [number, (lab: Lab) => Promise<void>])[] {
  const all = Object.entries(ROWS).map(([row, measure]) => [Number(row), measure] as const)
  if (rows.length > 0) return all.filter(([row]) => rows.includes(row))
  return quick ? all.filter(([row]) => QUICK_ROWS.includes(row)) : all
}

async function run(options: Options): Promise<void> {
  const base = process.env.BERTH_BENCH_DIR ?? join(import.meta.dir, '../data/bench')
  const lab = new Lab(options, join(base, `run-${process.pid}`))
  moveToLoadCpu()
  process.on('exit', () => {
    killAllServers()
    lab.remove()
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
  try {
    lab.limits.push(...measureLimits(lab.dir, options.quick))
    for (const [row, measure] of wantedRows(options)) {
      await measure(lab).catch((error: unknown) => lab.fail(row, error))
    }
    console.log(terminalReport(lab))
    if (options.write) writePage(lab)
    if (lab.failed) process.exitCode = 1
  } finally {
    await lab.close()
    // A server that failed while it was being filled is nobody's: it would keep us from ending.
    killAllServers()
  }
}

const words = process.argv.slice(2)
if (words.includes('help')) console.log(USAGE)
else await run(parseOptions(words))
