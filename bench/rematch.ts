// `bun bench/rematch.ts [images] [packages of each]`: what it takes to match everything again after new vulnerability
// data, without reading a layer: by default 10,000 images of 200 packages, which share 100 bases and 500 apps. The data
// are the records of ../shared/data.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasRecords, measureRematch } from './support/measure-rematch.ts'

const [images = '10000', each = '200'] = process.argv.slice(2)
if (!hasRecords()) {
  console.log('skipped: there are no records at ../shared/data/osv')
  process.exit()
}
const data = mkdtempSync(join(tmpdir(), 'berth-rematch-'))
try {
  const { packages, firstMs, changed, againMs } = await measureRematch(data, Number(images), Number(each))
  console.log(`${images} images, ${packages} different packages`)
  console.log(`matched for the first time: ${(firstMs / 1000).toFixed(1)} s, ${changed} have something`)
  console.log(`with new data: ${(againMs / 1000).toFixed(1)} s`)
} finally {
  rmSync(data, { recursive: true, force: true })
}
