// Pulls a whole image again and again, three blobs at a time, as docker does.
import { awaitStart } from './push-blob.ts'
import { pullWholeImage, type WholeImage } from './whole-image.ts'

export interface PullInput extends WholeImage {
  readonly seconds: number
}

export interface PullOutcome {
  readonly images: number
  readonly bytes: number
  readonly seconds: number
}

const input: PullInput = JSON.parse(process.argv[2] ?? '')
let images = 0
let bytes = 0

await awaitStart()
const startedAt = performance.now()
while (performance.now() < startedAt + input.seconds * 1000) {
  bytes += await pullWholeImage(input)
  images++
}
const outcome: PullOutcome = { images, bytes, seconds: (performance.now() - startedAt) / 1000 }
console.log(JSON.stringify(outcome))
