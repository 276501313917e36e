import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { KIB, MIB } from './data-set.ts'
import { find } from './tools.ts'

/** What the machine itself can do, measured in the same run, to hold the figures against. */
export interface Limit {
  readonly what: string
  readonly value: number
  readonly unit: 'MB/s' | '/s'
}

export function measureLimits(dir: string, quick: boolean): Limit[] {
  const seconds = quick ? 1 : 3
  const limits: Limit[] = []
  const openssl = opensslSha256(seconds)
  if (openssl !== undefined) limits.push({ what: 'openssl speed sha256, 16 KiB blocks', value: openssl, unit: 'MB/s' })
  limits.push({ what: 'sha256 in Bun, 1 MiB blocks', value: bunSha256(seconds), unit: 'MB/s' })
  limits.push({ what: 'disk: 4 KiB appends, each with fdatasync', value: syncedAppends(dir, seconds), unit: '/s' })
  limits.push({ what: 'disk: 256 MiB written, then fdatasync', value: writtenAndSynced(dir), unit: 'MB/s' })
  return limits
}

function opensslSha256(seconds: number): number | undefined {
  const program = find('openssl')
  if (program === undefined) return undefined
  const { stdout } = Bun.spawnSync(
    [program, 'speed', '-evp', 'sha256', '-bytes', '16384', '-seconds', String(seconds)],
    { stderr: 'ignore' },
  )
  const thousands = /^sha256\s+([\d.]+)k/m.exec(stdout.toString())?.[1]
  return thousands === undefined ? undefined : (Number(thousands) * 1000) / MIB
}

function bunSha256(seconds: number): number {
  const block = randomFillSync(new Uint8Array(MIB))
  const hash = createHash('sha256')
  return timesPerSecond(seconds, () => hash.update(block))
}

function syncedAppends(dir: string, seconds: number): number {
  const block = randomFillSync(new Uint8Array(4 * KIB))
  return withFile(dir, (file) =>
    timesPerSecond(seconds, () => {
      writeSync(file, block)
      fdatasyncSync(file)
    }),
  )
}

function writtenAndSynced(dir: string): number {
  const block = randomFillSync(new Uint8Array(MIB))
  return withFile(dir, (file) => {
    const startedAt = performance.now()
    for (let i = 0; i < 256; i++) writeSync(file, block)
    fdatasyncSync(file)
    return 256_000 / (performance.now() - startedAt)
  })
}

function timesPerSecond(seconds: number, act: () => void): number {
  const startedAt = performance.now()
  let times = 0
  for (; performance.now() < startedAt + seconds * 1000; times++) act()
  return (times * 1000) / (performance.now() - startedAt)
}

function withFile(dir: string, use: (file: number) => number): number {
  const path = join(dir, 'limit')
  const file = openSync(path, 'w')
  try {
    return use(file)
  } finally {
    closeSync(file)
    rmSync(path)
  }
}
