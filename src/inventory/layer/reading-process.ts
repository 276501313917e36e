import { offerToDie, residentBytes, standardInput, yieldProcessor } from '../../lib/child-surroundings.ts'
import type { LayerInventory } from '../layer-inventory.ts'
import { analyzers } from './analyzers.ts'
import { Meter } from './meter.ts'
import { readingOrder } from './reading-order.ts'
import { walkLayer } from './walk-layer.ts'
import { inventoryLines } from './wire.ts'

const LOOK_EVERY_MS = 1000

/**
 * `berth read-layer <order>`: reads one layer from standard input, and tells what is in it on standard output. Everything
 * that looks into hostile bytes happens here, in a process that has no configuration, no secrets and no data folder.
 */
export async function readLayerHere(order: string): Promise<never> {
  endWithParent()
  offerToDie()
  yieldProcessor(process.pid)
  const { limits, packedBytes } = readingOrder.parse(JSON.parse(order))
  const memoryBytes = () => residentBytes('self') ?? process.memoryUsage.rss()
  const meter = new Meter({ limits, packedBytes, memoryBytes, now: () => performance.now() })
  await tell(await walkLayer(standardInput(), { meter, analyzers }))
  // Its input may not have come to an end, and nobody is to wait for that.
  process.exit(0)
}

/** A server that was killed could not end it any more. */
function endWithParent(): void {
  const parent = process.ppid
  const look = () => {
    if (process.ppid !== parent) process.exit(1)
  }
  setInterval(look, LOOK_EVERY_MS).unref()
}

async function tell(inventory: LayerInventory): Promise<void> {
  for (const line of inventoryLines(inventory)) {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(line, (error) => (error ? reject(error) : resolve()))
    })
  }
}
