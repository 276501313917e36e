import { createHash, randomInt } from 'node:crypto'

/** All random bytes and names of a run derive from this; a failure names it, and `BERTH_TEST_SEED` brings them back. */
export const SEED = Number(process.env.BERTH_TEST_SEED ?? randomInt(1_000_000_000))

export const ALGORITHMS = ['sha256', 'sha512'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

export function digestOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** Depends on the seed and the label only, so a case run alone sees the same bytes as in the whole suite. */
export function randomBytes(label: string, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  for (let offset = 0; offset < sizeBytes; offset += 64) {
    const block = createHash('sha512').update(`${SEED}/${label}/${offset}`).digest()
    bytes.set(block.subarray(0, sizeBytes - offset), offset)
  }
  return bytes
}

export interface Content {
  readonly bytes: Uint8Array
  readonly digest: string
}

export function content(bytes: Uint8Array | string, algorithm: Algorithm = 'sha256'): Content {
  const raw = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  return { bytes: raw, digest: digestOf(raw, algorithm) }
}

export function randomContent(label: string, sizeBytes: number, algorithm: Algorithm = 'sha256'): Content {
  return content(randomBytes(`${label}/${algorithm}`, sizeBytes), algorithm)
}

/** Bytes that are not what their digest says, by five bytes too many. */
export function corrupt(good: Content): Content {
  return { bytes: new Uint8Array(Buffer.concat([good.bytes, Buffer.from('oh no')])), digest: good.digest }
}
