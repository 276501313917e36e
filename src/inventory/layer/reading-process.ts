import {
  nextStandardInput,
  offerToDie,
  residentBytes,
  standardInput,
  yieldProcessor,
} from '../../lib/child-surroundings.ts'
import { analyzers } from './analyzers.ts'
import { ByteSource } from './byte-source.ts'
import { frame, readFrame } from './frames.ts'
import { type MapPoint, mapLayer } from './layer-map.ts'
import { readSlice, sliceOrder } from './slice.ts'
import { StoppedError } from './stopped.ts'
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

/** `berth map-layer <order>`: where a gzip layer can be begun to be read. A line says where, the windows follow. */
export async function mapLayerHere(order: string): Promise<never> {
  const meter = begin(readingOrder.parse(JSON.parse(order)))
  const points = mapped(meter)
  const head = {
    ...(points instanceof StoppedError && { reason: points.message }),
    points: points instanceof StoppedError ? [] : points.map(pointRow),
  }
  const windows = points instanceof StoppedError ? [] : points.map(({ window }) => window)
  await tell([`${JSON.stringify(head)}\n`, ...windows])
  process.exit(0)
}

function mapped(meter: Meter): MapPoint[] | StoppedError {
  try {
    return mapLayer(nextStandardInput, meter)
  } catch (error) {
    if (error instanceof StoppedError) return error
    throw error
  }
}

function pointRow({ packed, bit, unpacked, window }: MapPoint) {
  return [packed, bit, unpacked, window.length]
}

/** `berth read-layer-slices <order>`: files out of parts of one layer, until its input ends. */
export async function readSlicesHere(order: string): Promise<never> {
  const parsed = readingOrder.parse(JSON.parse(order))
  endWithParent()
  offerToDie()
  // Nothing may come for long, which reading it like a file takes for its end.
  const input = new ByteSource(process.stdin)
  for (;;) {
    const head = await readFrame(input, parsed.limits)
    if (head === undefined) process.exit(0)
    const [window, bytes] = [await readFrame(input, parsed.limits), await readFrame(input, parsed.limits)]
    if (window === undefined || bytes === undefined) process.exit(1)
    const wanted = sliceOrder.parse(JSON.parse(new TextDecoder().decode(head)))
    const { bytes: found, ...said } = await readSlice(wanted, { window, bytes }, meterFor(parsed))
    await tell([...frame(new TextEncoder().encode(JSON.stringify(said))), ...frame(found ?? new Uint8Array(0))])
  }
}

function meterFor({ limits, packedBytes }: ReadingOrder): Meter {
  const memoryBytes = () => residentBytes('self') ?? process.memoryUsage.rss()
  return new Meter({ limits, packedBytes, memoryBytes, now: () => performance.now() })
}

function begin(order: ReadingOrder): Meter {
  endWithParent()
  offerToDie()
  yieldProcessor(process.pid)
  return meterFor(order)
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
