import { NAMES } from '../report/format.ts'
import { startFresh } from '../support/fresh.ts'
import { ask, type Grown, inWords, slope, withGrown } from '../support/growth.ts'
import {
  CATALOG_PAGES,
  MANIFESTS_OF_TAGS,
  type Question,
  REFERRER_LISTS,
  TAG_PAGES,
} from '../support/growth-questions.ts'
import { grownFolder } from '../support/growth-stores.ts'
import type { Lab } from '../support/lab.ts'
import type { Options } from '../support/options.ts'
import type { Figures, Result } from '../support/result.ts'
import { spread } from '../support/statistics.ts'

const SIZES = [1000, 10_000, 100_000, 1_000_000]
/** docker-registry takes minutes where there is more. */
const MOST_OF_PEER = 100_000
const QUICK_SIZES = SIZES.slice(0, 3)
const ROUNDS = 200
/** It makes no difference how much there is: that is what the row shows. */
const PROFILED_SIZE = 10_000
/** Enough to be seen by samples. */
const PROFILED_ROUNDS = 1000
const CURVE_DIGITS = 4

/** Row 11: pages of the tags of a repository that has more and more. */
export function growthTags(lab: Lab): Promise<void> {
  return growth(lab, 11, TAG_PAGES)
}

/** Row 12: pages of the catalog. */
export function growthCatalog(lab: Lab): Promise<void> {
  return growth(lab, 12, CATALOG_PAGES)
}

/** Row 13: one manifest among more and more. */
export function growthManifests(lab: Lab): Promise<void> {
  return growth(lab, 13, MANIFESTS_OF_TAGS)
}

/** Row 14: referrers among more and more manifests. docker-registry has no list of them: its clients keep one under a tag. */
export function growthReferrers(lab: Lab): Promise<void> {
  return growth(lab, 14, REFERRER_LISTS)
}

interface Extent {
  readonly sizes: readonly number[]
  readonly roundsOf: (question: Question) => number
}

/** How much there is, and how often it is asked for. */
function extent({ profile, quick }: Options): Extent {
  if (profile) return { sizes: [PROFILED_SIZE], roundsOf: () => PROFILED_ROUNDS }
  const roundsOf = ({ mostRounds = ROUNDS }: Question) => Math.min(ROUNDS, mostRounds)
  return { sizes: quick ? QUICK_SIZES : SIZES, roundsOf }
}

type Side = 'berth' | 'peer'
type Sides = Readonly<Record<Side, readonly Grown[]>>

async function growth(lab: Lab, row: number, questions: readonly Question[]): Promise<void> {
  const { sizes, roundsOf } = extent(lab.options)
  const peerSizes = lab.present(row, ['peer']).length > 0 ? sizes.filter((size) => size <= MOST_OF_PEER) : []
  const start = (who: Side) => async (size: number) => startFresh(lab, who, { dir: await grownFolder(lab, who, size) })
  // All are filled before any of them runs.
  for (const size of sizes) await grownFolder(lab, 'berth', size)
  for (const size of peerSizes) await grownFolder(lab, 'peer', size)
  await withGrown(sizes, start('berth'), (berth) =>
    withGrown(peerSizes, start('peer'), async (peer) => {
      const rounds = questions.map((): Round[] => [])
      for (let time = 0; time < lab.options.pairs; time++)
        for (const [index, question] of questions.entries())
          rounds[index]?.push(await askBoth({ berth, peer }, question, { time, rounds: roundsOf(question) }))
      for (const [index, question] of questions.entries())
        report(lab, row, { question, sides: { berth, peer }, rounds: rounds[index] ?? [] })
    }),
  )
}

/** Median milliseconds of one question, at each size. */
type Round = Readonly<Record<Side, readonly number[]>>

async function askBoth(
  { berth, peer }: Sides,
  question: Question,
  { time, rounds }: { readonly time: number; readonly rounds: number },
): Promise<Round> {
  return {
    berth: await ask(berth, question, { who: 'berth', rounds, time }),
    peer: peer.length > 0 ? await ask(peer, question, { who: 'peer', rounds: question.peerRounds, time }) : [],
  }
}

interface Asked {
  readonly question: Question
  readonly sides: Sides
  readonly rounds: readonly Round[]
}

/** How it grows, and what it takes where docker-registry has the most that it can bear. */
function report(lab: Lab, row: number, { question, sides, rounds }: Asked): void {
  const { id, what, of } = question
  const slopes = figuresOf((side) => rounds.map((round) => slope(sides[side], round[side])))
  const most = (side: Side) => inDigits(sides[side].at(-1)?.size ?? 0)
  const peers = sides.peer.length > 0 ? ` (docker-registry: ${most('peer')})` : ''
  lab.add({
    row,
    id: `growth-sqlite-${id}`,
    what: `${what}, from 1,000 to ${most('berth')} ${of}${peers}`,
    unit: 'slope',
    figures: slopes,
    note: `${what}: ${sides.berth.map(({ size }) => inDigits(size)).join(', ')} ${of}: ${wordsOf({ sides, rounds })}`,
    ...(question.curve !== undefined && { curves: curvesOf({ sides, rounds }), curveName: question.curve }),
  })
  const at = (side: Side) => sides[side].findIndex(({ size }) => size === MOST_OF_PEER)
  const figures = figuresOf((side) => rounds.map((round) => round[side][at(side)]))
  const among = `${what}, among ${inDigits(MOST_OF_PEER)} ${of}`
  lab.add({ row, id: `grown-${id}`, what: among, unit: 'ms', figures })
}

/** The median of the pairs, at each size. */
function curvesOf({ sides, rounds }: Pick<Asked, 'sides' | 'rounds'>): NonNullable<Result['curves']> {
  const curve = (side: Side) =>
    sides[side].map(({ size }, index): readonly [number, number] => {
      const median = spread(rounds.map((round) => round[side][index] ?? Number.NaN))?.median ?? Number.NaN
      return [size, Number(median.toPrecision(CURVE_DIGITS))]
    })
  return sides.peer.length > 0 ? { berth: curve('berth'), peer: curve('peer') } : { berth: curve('berth') }
}

function wordsOf(asked: Pick<Asked, 'sides' | 'rounds'>): string {
  const words = Object.entries(curvesOf(asked)).map(([side, curve]) => {
    return `${NAMES[side as Side]} ${inWords(curve.map(([, milliseconds]) => milliseconds))}`
  })
  return words.join(', ')
}

/** Without those who were not asked. */
function figuresOf(values: (side: Side) => readonly (number | undefined)[]): Figures {
  const known = (side: Side) => values(side).flatMap((value) => (Number.isFinite(value) ? [{ value: value ?? 0 }] : []))
  const [berth, peer] = [known('berth'), known('peer')]
  return peer.length > 0 ? { berth, peer } : { berth }
}

function inDigits(size: number): string {
  return size.toLocaleString('en-US')
}
