import { join } from 'node:path'
import { hasPostgres } from '../../test/support/postgres.ts'
import type { PagesInput, PagesOutcome, PagesTarget } from '../load/pages.ts'
import { startBerth } from '../support/contestants.ts'
import { residentBytes } from '../support/cpu.ts'
import {
  catalogName,
  GROWTH_MANIFEST,
  GROWTH_TYPE,
  seedPeer,
  seedPostgres,
  seedSqlite,
  tagName,
  TAGS_REPOSITORY,
} from '../support/growth-seed.ts'
import type { Lab } from '../support/lab.ts'
import { runLoad } from '../support/load.ts'
import type { Figure } from '../support/result.ts'
import { type Scale, withScale } from '../support/scale.ts'
import type { Server } from '../support/server.ts'

export const ROW = 24
const PAGE = 100
const SIZES = [1000, 10_000, 100_000, 1_000_000]
const QUICK_SIZES = [1000, 10_000, 100_000]
const ROUNDS = 200

/** What is asked of a server that has `size` of everything. */
interface Question {
  readonly id: string
  readonly what: string
  readonly target: (size: number) => Omit<PagesTarget, 'port'>
}

interface Grown {
  readonly size: number
  readonly server: Server
}

const QUESTIONS: readonly Question[] = [
  page('tags-first', 'first page of tags', () => `/v2/${TAGS_REPOSITORY}/tags/list?n=${PAGE}`),
  page('tags-middle', 'middle page of tags', (size) => tagsAfter(size / 2)),
  page('tags-last', 'last page of tags', (size) => tagsAfter(size - PAGE - 1)),
  page('catalog-first', 'first page of the catalog', () => `/v2/_catalog?n=${PAGE}`),
  page('catalog-middle', 'middle page of the catalog', (size) => catalogAfter(Math.floor(size / 2))),
  page('catalog-last', 'last full page of the catalog', (size) => catalogAfter(Math.max(0, size - PAGE - 2))),
]

/** `new-{turn}` sorts before all that are there, so the pages stay what they are. */
const CHANGES: readonly Question[] = [
  {
    id: 'put',
    what: 'PUT of a manifest under a new tag',
    target: () => ({
      method: 'PUT',
      path: `/v2/${TAGS_REPOSITORY}/manifests/new-{turn}`,
      status: 201,
      body: GROWTH_MANIFEST,
    }),
  },
  {
    id: 'get',
    what: 'GET of a manifest by tag',
    target: (size) => ({ method: 'GET', path: `/v2/${TAGS_REPOSITORY}/manifests/${tagName(size / 2)}`, status: 200 }),
  },
  {
    id: 'delete',
    what: 'DELETE of a tag',
    target: () => ({ method: 'DELETE', path: `/v2/${TAGS_REPOSITORY}/manifests/new-{turn}`, status: 202 }),
  },
]

function page(id: string, what: string, pathOf: (size: number) => string): Question {
  return { id, what, target: (size) => ({ method: 'GET', path: pathOf(size), status: 200 }) }
}

function tagsAfter(number: number): string {
  return `/v2/${TAGS_REPOSITORY}/tags/list?n=${PAGE}&last=${tagName(number)}`
}

function catalogAfter(number: number): string {
  return `/v2/_catalog?n=${PAGE}&last=${encodeURIComponent(catalogName(number))}`
}

/** Row 24: what is asked page by page must not cost more where there is more. */
export async function scaleGrowth(lab: Lab): Promise<void> {
  const sizes = lab.options.quick ? QUICK_SIZES : SIZES
  await ofSqlite(lab, sizes)
  if (!hasPostgres) lab.skip(ROW, 'PostgreSQL is not installed')
  await withScale(lab, ROW, async (scale) => {
    await ofPostgres(lab, scale, sizes)
    if (!lab.options.quick) await ofPeer(lab, scale)
  })
}

export async function ofSqlite(lab: Lab, sizes: readonly number[]): Promise<void> {
  await withGrown(
    sizes,
    async (size) => {
      const dir = lab.scratch(join('growth', String(size)))
      await (await startBerth({ dir })).stop()
      seedSqlite(join(dir, 'store'), size)
      return startBerth({ dir })
    },
    (grown) => measure(lab, grown, { id: 'sqlite', name: 'SQLite' }),
  )
  lab.scratch('growth')
}

export async function ofPostgres(lab: Lab, scale: Scale, sizes: readonly number[]): Promise<void> {
  await withGrown(
    sizes,
    async (size) => {
      const dir = lab.scratch(join('growth', `postgres-${size}`))
      const url = await scale.database(`growth-${size}`)
      const start = () => startBerth({ dir, args: ['--database', url] })
      await (await start()).stop()
      await seedPostgres(url, size)
      return start()
    },
    (grown) => measure(lab, grown, { id: 'postgres', name: 'PostgreSQL' }),
  )
  lab.scratch('growth')
}

/** It walks through everything for a page, so it has fewer of all, and is asked less often. */
export async function ofPeer(lab: Lab, scale: Scale): Promise<void> {
  await peerGrowth(lab, scale, { seeds: 'tags', sizes: [1000, 3000, 10_000], rounds: 5 })
  await peerGrowth(lab, scale, { seeds: 'repositories', sizes: [30, 100, 300], rounds: 2 })
}

interface PeerGrowth {
  readonly seeds: 'tags' | 'repositories'
  readonly sizes: readonly number[]
  readonly rounds: number
}

async function peerGrowth(lab: Lab, scale: Scale, { seeds, sizes, rounds }: PeerGrowth): Promise<void> {
  const start = async (size: number) => {
    const bucket = await scale.bucket(`peer-${seeds}-${size}`)
    await seedPeer(scale.s3.client, bucket, { [seeds]: size })
    return scale.start('peer', { name: `${seeds}-${size}` })
  }
  await withGrown(sizes, start, async (grown) => {
    for (const question of QUESTIONS.filter(({ id }) => id.startsWith(seeds === 'tags' ? 'tags' : 'catalog'))) {
      const { slope, note } = await ask(grown, question, rounds)
      const what = `${question.what}: docker-registry on S3, from ${sizes[0]} to ${sizes.at(-1)} ${seeds}`
      lab.add({ row: ROW, id: `peer-${question.id}`, what, unit: 'slope', figures: { peer: [slope] }, note })
    }
  })
}

async function withGrown(
  sizes: readonly number[],
  start: (size: number) => Promise<Server>,
  use: (grown: readonly Grown[]) => Promise<void>,
): Promise<void> {
  const grown: Grown[] = []
  try {
    for (const size of sizes) grown.push({ size, server: await start(size) })
    await use(grown)
  } finally {
    for (const { server } of grown) await server.stop()
  }
}

async function measure(lab: Lab, grown: readonly Grown[], dialect: { id: string; name: string }): Promise<void> {
  for (const question of [...QUESTIONS, ...CHANGES]) {
    const slopes: Figure[] = []
    const notes: string[] = []
    // A tag can only be made and removed once.
    const times = CHANGES.includes(question) ? 1 : lab.options.pairs
    for (let time = 0; time < times; time++) {
      const { slope, note } = await ask(grown, question, ROUNDS)
      const peakBytes = Math.max(...grown.map(({ server }) => residentBytes(server.pid)))
      slopes.push({ ...slope, peakBytes })
      notes.push(note)
    }
    const kind = CHANGES.includes(question) ? 'change' : 'growth'
    const what = `${question.what}: ${dialect.name}, from 1,000 to ${grown.at(-1)?.size.toLocaleString('en-US')}`
    const figures = { berth: slopes }
    lab.add({
      row: ROW,
      id: `${kind}-${dialect.id}-${question.id}`,
      what,
      unit: 'slope',
      figures,
      note: notes.join('; '),
    })
  }
}

async function ask(
  grown: readonly Grown[],
  { target }: Question,
  rounds: number,
): Promise<{ slope: Figure; note: string }> {
  const targets = grown.map(({ size, server }) => ({ ...target(size), port: server.port }))
  const headers = { Accept: GROWTH_TYPE, 'Content-Type': GROWTH_TYPE }
  const input: PagesInput = { targets, rounds, headers }
  const { medians } = await runLoad<PagesOutcome>('pages.ts', input)
  const points = grown.map(({ size }, index) => [Math.log(size), Math.log(medians[index] ?? Number.NaN)] as const)
  const note = `${medians.map((median) => median.toFixed(median < 10 ? 2 : 0)).join(', ')} ms`
  return { slope: { value: slopeOf(points) }, note }
}

/** Of the straight line nearest to the points: 0 is flat, 1 grows with the size. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)]
  return mean(([x, y]) => (x - meanX) * (y - meanY)) / mean(([x]) => (x - meanX) ** 2)
}
