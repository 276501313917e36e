// `bun bench/inventory.ts [layer] [runs]`: how long it takes to read a layer, and what memory, with everything that looks
// into it. Without a layer it is Debian's debootstrap (kept for the next time, BERTH_TEST_SCANNING) as gzip, 200 MB of it
// unpacked, and 200 MB packed. BERTH_BENCH_PROGRAM=dist/berth measures the single file instead of the source.
import { debianLayer, largeDebianLayer } from '../test/scanning/support/real-content.ts'
import { measureLayer } from './support/measure-layer.ts'

const [layer, runs = '3'] = process.argv.slice(2)
for (const path of layer === undefined ? [debianLayer(), largeDebianLayer()] : [layer])
  for (let run = 0; run < Number(runs); run++) {
    const { packedBytes, ms, peakBytes, inventory } = await measureLayer(path)
    const packages = inventory.packageFiles.reduce((sum, each) => sum + each.packages.length, 0)
    const cost = `${(ms / 1000).toFixed(2)} s, ${(peakBytes / 1e6).toFixed(0)} MB of memory`
    const found = `${inventory.files.length} entries, ${packages} packages, ${inventory.state}`
    console.log(`${(packedBytes / 1e6).toFixed(0)} MB packed: ${cost}, ${found}`)
  }
