// Many clients pull one image at the same moment, each over connections of its own.
import { awaitStart } from './push-blob.ts'
import { pullWholeImage, type WholeImage } from './whole-image.ts'

export interface HerdInput extends WholeImage {
  readonly clients: number
}

export interface HerdOutcome {
  readonly bytes: number
  /** Each client's, from the moment that is everybody's to its last byte. */
  readonly milliseconds: readonly number[]
  /** Of this program's CPU, 0 to 1. */
  readonly cpuShare: number
}

const input: HerdInput = JSON.parse(process.argv[2] ?? '')
const milliseconds: number[] = []
let bytes = 0

await awaitStart()
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
await Promise.all(Array.from({ length: input.clients }, pull))
const { user, system } = process.cpuUsage(cpuBefore)
const cpuShare = (user + system) / 1000 / (performance.now() - startedAt)
const outcome: HerdOutcome = { bytes, milliseconds, cpuShare }
console.log(JSON.stringify(outcome))

async function pull(): Promise<void> {
  const received = await pullWholeImage(input)
  milliseconds.push(performance.now() - startedAt)
  bytes += received
}
