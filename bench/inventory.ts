// `bun bench/inventory.ts [layer] [runs]`: how long it takes to read a layer, and what memory, with everything that looks
// into it. Without a layer it is Debian's debootstrap (kept for the next time, BERTH_TEST_SCANNING) as gzip, 200 MB of it
// unpacked, and 200 MB packed. BERTH_BENCH_PROGRAM=dist/berth measures the single file instead of the source.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createLayerReader } from '../src/inventory/layer/reader.ts'
import { READ_LAYER } from '../src/inventory/layer/reading-order.ts'
import { residentBytes } from '../src/lib/child-surroundings.ts'
import { debianLayer, largeDebianLayer } from '../test/scanning/support/real-content.ts'

const MIB = 1024 ** 2
const LIMITS = {
  ...{ bytes: 16 * 1024 * MIB, entries: 1_000_000, ratio: 200, depth: 4 },
  ...{ timeMs: 600_000, memoryBytes: 1024 * MIB, fileBytes: 256 * MIB },
}
const LOOK_EVERY_MS = 10

const [layer, runs = '3'] = process.argv.slice(2)
const layers = layer === undefined ? [debianLayer(), largeDebianLayer()] : [layer]
for (const path of layers) for (let run = 0; run < Number(runs); run++) await measure(path)

async function measure(path: string): Promise<void> {
  const { size: sizeBytes } = statSync(path)
  const startedAt = performance.now()
  let peakBytes = 0
  const timer = setInterval(() => {
    for (const pid of children()) peakBytes = Math.max(peakBytes, residentBytes(pid) ?? 0)
  }, LOOK_EVERY_MS)
  const reader = createLayerReader({ limits: LIMITS, parallel: 1, program: program() })
  const found = await reader.read({ sizeBytes, content: Bun.file(path) }, new AbortController().signal)
  clearInterval(timer)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(2)
  const packages = found.packageFiles.reduce((sum, each) => sum + each.packages.length, 0)
  const packed = `${(sizeBytes / 1e6).toFixed(0)} MB packed`
  const cost = `${seconds} s, ${(peakBytes / 1e6).toFixed(0)} MB of memory`
  console.log(`${packed}: ${cost}, ${found.files.length} entries, ${packages} packages, ${found.state}`)
}

function program(): [string, ...string[]] {
  const built = process.env.BERTH_BENCH_PROGRAM
  if (built !== undefined) return [resolve(built), READ_LAYER]
  return [process.execPath, join(import.meta.dir, '../src/main.ts'), READ_LAYER]
}

/** Of this process, and only those. */
function children(): number[] {
  const list = `/proc/self/task/${process.pid}/children`
  if (!existsSync(list)) return []
  return readFileSync(list, 'latin1').split(' ').filter(Boolean).map(Number)
}
