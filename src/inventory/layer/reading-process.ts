import { offerToDie, residentBytes, standardInput, yieldProcessor } from '../../lib/child-surroundings.ts'
import { analyzers } from './analyzers.ts'
import { Meter } from './meter.ts'
import { type ReadingOrder, readingOrder } from './reading-order.ts'
import { walkLayer } from './walk-layer.ts'
import { inventoryLines } from './wire.ts'
import { fileOrder, findInLayer } from './find-in-layer.ts'

const LOOK_EVERY_MS = 1000

/**
 * `berth read-layer <order>`: reads one layer from standard input, and tells what is in it on standard output. Everything
 * that looks into hostile bytes happens here, in a process that has no configuration, no secrets and no data folder.
 */
export async function readLayerHere(order: string): Promise<never> {
  const meter = begin(readingOrder.parse(JSON.parse(order)))
  await tell(inventoryLines(await walkLayer(standardInput(), { meter, analyzers })))
  // Its input may not have come to an end, and nobody is to wait for that.
  process.exit(0)
}

/** `berth read-layer-file <order>`: the same of one file. A line says what it is, its bytes follow. */
export async function readFileHere(order: string): Promise<never> {
  const parsed = fileOrder.parse(JSON.parse(order))
  const { bytes, ...found } = await findInLayer(standardInput(), begin(parsed), parsed)
  await tell([`${JSON.stringify(found)}\n`, ...(bytes === undefined ? [] : [bytes])])
  process.exit(0)
}

function begin({ limits, packedBytes }: ReadingOrder): Meter {
  endWithParent()
  offerToDie()
  yieldProcessor(process.pid)
  const memoryBytes = () => residentBytes('self') ?? process.memoryUsage.rss()
  return new Meter({ limits, packedBytes, memoryBytes, now: () => performance.now() })
}

/** A server that was killed could not end it any more. */
function endWithParent(): void {
  const parent = process.ppid
  const look = () => {
    if (process.ppid !== parent) process.exit(1)
  }
  setInterval(look, LOOK_EVERY_MS).unref()
}

async function tell(pieces: Iterable<string | Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(piece, (error) => (error ? reject(error) : resolve()))
    })
  }
}
