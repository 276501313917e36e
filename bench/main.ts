import { join } from 'node:path'
import { bigBlobs, blobHead, ranges, smallBlobs } from './rows/blobs.ts'
import { connections } from './rows/connections.ts'
import { crash } from './rows/crash.ts'
import { imagePulls } from './rows/image-pulls.ts'
import { floor, manifestGet, manifestHead } from './rows/manifests.ts'
import { pushes } from './rows/pushes.ts'
import { smallWrites } from './rows/small-writes.ts'
import { starts } from './rows/starts.ts'
import { Lab } from './support/lab.ts'
import { parseOptions } from './support/options.ts'
import { killAllServers } from './support/server.ts'
import { moveToLoadCpu } from './support/tools.ts'

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
  18: connections,
  19: starts,
  20: crash,
}

const options = parseOptions(process.argv.slice(2))
const base = process.env.BERTH_BENCH_DIR ?? join(import.meta.dir, '../data/bench')
const lab = new Lab(options, join(base, `run-${process.pid}`))
moveToLoadCpu()
process.on('exit', killAllServers)
try {
  for (const [row, run] of Object.entries(ROWS)) {
    if (options.rows.length === 0 || options.rows.includes(Number(row))) await run(lab)
  }
  console.log(JSON.stringify(lab.results))
} finally {
  await lab.close()
}
