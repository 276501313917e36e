import type { PagesInput, PagesOutcome } from '../load/pages.ts'
import { GROWTH_TYPE } from './growth-content.ts'
import type { Question } from './growth-questions.ts'
import { verify } from './growth-verify.ts'
import { runLoad } from './load.ts'
import { section } from './section.ts'
import type { Server } from './server.ts'

/** A server that has `size` of everything. */
export interface Grown {
  readonly size: number
  readonly server: Server
}

const WARM_UP = 10
/** Of each time, of whichever question and server: what one question puts, the next deletes. */
const TURNS = 210

export async function withGrown<Outcome>(
  sizes: readonly number[],
  start: (size: number) => Promise<Server>,
  use: (grown: readonly Grown[]) => Promise<Outcome>,
): Promise<Outcome> {
  const grown: Grown[] = []
  try {
    for (const size of sizes) grown.push({ size, server: await start(size) })
    return await use(grown)
  } finally {
    for (const { server } of grown) await server.stop()
  }
}

export interface Asking {
  readonly who: 'berth' | 'peer'
  readonly rounds: number
  /** The how many-th time this question is asked: 0, 1, … */
  readonly time: number
}

/** Returns the median milliseconds at each server. */
export async function ask(
  grown: readonly Grown[],
  question: Question,
  { who, rounds, time }: Asking,
): Promise<readonly number[]> {
  const targets = grown.map(({ size, server }) => {
    const target = question.target(size)
    const path = who === 'peer' ? (question.peerPath ?? target.path) : target.path
    return { ...target, path, port: server.port, tags: size }
  })
  if (time === 0) {
    for (const [index, { path }] of targets.entries()) {
      const { size, server } = grown[index] as Grown
      if (path.includes('{')) continue
      await verify({ url: server.url + path, names: question.names?.(size), mayHaveMore: who === 'peer' })
    }
  }
  const headers = { Accept: GROWTH_TYPE, 'Content-Type': GROWTH_TYPE }
  const from = time * Math.max(TURNS, rounds + WARM_UP)
  const input: PagesInput = { targets, from, rounds, headers }
  const most = grown.at(-1)
  if (most === undefined) return []
  const about = {
    what: `${question.what}, among ${most.size.toLocaleString('en-US')} ${question.of}`,
    operations: () => rounds,
  }
  const { outcome } = await section(most.server, about, () => runLoad<PagesOutcome>('pages.ts', input))
  return outcome.medians
}

/** Of the straight line nearest to the logarithms of both: 0 is flat, 1 grows with the size. */
export function slope(grown: readonly Grown[], milliseconds: readonly number[]): number {
  const points = grown.map(({ size }, index) => [Math.log(size), Math.log(milliseconds[index] ?? Number.NaN)] as const)
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)]
  return mean(([x, y]) => (x - meanX) * (y - meanY)) / mean(([x]) => (x - meanX) ** 2)
}

export function inWords(milliseconds: readonly number[]): string {
  return `${milliseconds.map((median) => median.toFixed(median < 10 ? 2 : 0)).join(', ')} ms`
}
