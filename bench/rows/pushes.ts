import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { alternate } from '../support/alternate.ts'
import type { Contestant } from '../support/contestants.ts'
import { GIB, KIB, MIB, sizeLabel } from '../support/data-set.ts'
import { startFresh, withFresh } from '../support/fresh.ts'
import type { Lab } from '../support/lab.ts'
import type { Options } from '../support/options.ts'
import { push, type Pushes, pushesInWords, warmUpPushes } from '../support/push.ts'
import { find } from '../support/tools.ts'

type Variant = Omit<Pushes, 'count'>

/** How many pushes one timed section holds: enough to last a while, few enough to hash beforehand. */
const COUNTS: Readonly<Record<number, number>> = {
  [4 * KIB]: 800,
  [MIB]: 200,
  [10 * MIB]: 40,
  [100 * MIB]: 8,
  [GIB]: 1,
}
const QUICK_COUNTS: Readonly<Record<number, number>> = { [4 * KIB]: 100, [GIB]: 1 }

/** Row 8: pushes, acknowledged when they are on the disk (everybody syncs). */
export async function pushes(lab: Lab): Promise<void> {
  for (const variant of variants(lab.options)) await pushRow(lab, variant)
  if (!lab.options.profile) await syncsPerPush(lab)
}

function variants({ quick, profile }: Options): Variant[] {
  const sizes = Object.keys(quick ? QUICK_COUNTS : COUNTS).map(Number)
  const all: Variant[] = []
  for (const size of sizes) {
    for (const way of ['monolithic', 'chunked'] as const) {
      for (const concurrency of [1, 8]) all.push({ size, way, concurrency })
    }
  }
  // Eight pushes of 1 GiB at once say nothing that eight of 100 MiB do not, and quick keeps to what the targets name.
  return all.filter(({ size, way, concurrency }) => {
    if (size === GIB && concurrency > 1) return false
    if (profile) return way === 'monolithic'
    return !quick || way === 'monolithic' || size < GIB
  })
}

/** The newer peers take part where a promise names them. */
function contestantsOf({ size, way }: Variant): Contestant[] {
  const named = way === 'monolithic' && (size === 4 * KIB || size === GIB)
  return named ? ['berth', 'peer', 'distribution', 'zot'] : ['berth', 'peer']
}

async function pushRow(lab: Lab, { size, way, concurrency }: Variant): Promise<void> {
  const contestants = lab.present(8, contestantsOf({ size, way, concurrency }))
  const { quick, pairs, profile } = lab.options
  const count = (quick && !profile ? QUICK_COUNTS : COUNTS)[size] ?? 1
  const small = size < MIB
  const figures = await withFresh(lab, contestants, async (server) => {
    for (const who of contestants) await warmUpPushes(server(who), { size, concurrency, way })
    return alternate(quick && size === GIB ? 1 : pairs, contestants, (who) =>
      push(server(who), { size, count, concurrency, way }),
    )
  })
  lab.add({
    row: 8,
    id: `push-${sizeLabel(size)}-${way}-${concurrency}`,
    what: pushesInWords({ size, way, concurrency }),
    unit: small ? 'push/s' : 'MB/s',
    cpuPer: small ? '1k' : 'GiB',
    figures,
  })
}

/** How often each side syncs for one push: counted by strace in short runs of their own, as tracing slows everything. */
async function syncsPerPush(lab: Lab): Promise<void> {
  if (!lab.has(8, 'strace')) return
  for (const way of ['monolithic', 'chunked'] as const) {
    for (const concurrency of [1, 8]) {
      const contestants = lab.present(8, ['berth', 'peer'])
      const figures = await alternate(1, contestants, async (who) => ({
        value: await countSyncs(lab, who, { size: 4 * KIB, count: 40, concurrency, way }),
      }))
      lab.add({
        row: 8,
        id: `syncs-${way}-${concurrency}`,
        what: `syncs per 4 KiB push, ${way === 'chunked' ? 'POST+PATCH+PUT' : 'POST+PUT'}, ${concurrency} at once`,
        unit: 'count',
        figures,
      })
    }
  }
}

async function countSyncs(lab: Lab, who: Contestant, wanted: Pushes): Promise<number> {
  const dir = lab.scratch(join('strace', who))
  const trace = join(dir, 'trace.txt')
  const calls = 'trace=fsync,fdatasync,syncfs,sync_file_range'
  const wrapper = [find('strace') ?? 'strace', '-I', '2', '-f', '-q', '-e', calls, '-e', 'signal=none', '-o', trace]
  const server = await startFresh(lab, who, { dir, wrapper })
  try {
    await push(server, { ...wanted, count: 8 })
    const before = syncsIn(trace)
    await push(server, wanted)
    return (syncsIn(trace) - before) / wanted.count
  } finally {
    await server.stop()
    lab.scratch('strace')
  }
}

/** A call that another thread interrupts is written in two lines, of which only the first holds the bracket. */
function syncsIn(trace: string): number {
  return (readFileSync(trace, 'utf8').match(/(fsync|fdatasync|syncfs|sync_file_range)\(/g) ?? []).length
}
