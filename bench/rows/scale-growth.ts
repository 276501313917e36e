import { join } from 'node:path'
import { hasPostgres } from '../../test/support/postgres.ts'
import { startBerth } from '../support/contestants.ts'
import { residentBytes } from '../support/cpu.ts'
import { ask, type Grown, inWords, slope, withGrown } from '../support/growth.ts'
import { seedPeer } from '../support/growth-peer.ts'
import { CATALOG_PAGES, MANIFESTS_OF_TAGS, type Question, TAG_PAGES } from '../support/growth-questions.ts'
import { seedPostgres } from '../support/growth-seed.ts'
import type { Lab } from '../support/lab.ts'
import type { Figure } from '../support/result.ts'
import { type Scale, withScale } from '../support/scale.ts'

const ROW = 24
const PAGES: readonly Question[] = [...TAG_PAGES, ...CATALOG_PAGES]
const SIZES = [1000, 10_000, 100_000, 1_000_000]
const QUICK_SIZES = [1000, 10_000, 100_000]
const ROUNDS = 200

/** Row 24: what is asked page by page must not cost more where there is more. */
export async function scaleGrowth(lab: Lab): Promise<void> {
  const sizes = lab.options.quick ? QUICK_SIZES : SIZES
  if (!hasPostgres) lab.skip(ROW, 'PostgreSQL is not installed')
  await withScale(lab, ROW, async (scale) => {
    await ofPostgres(lab, scale, sizes)
    if (!lab.options.quick) await ofPeer(lab, scale)
  })
}

async function ofPostgres(lab: Lab, scale: Scale, sizes: readonly number[]): Promise<void> {
  await withGrown(
    sizes,
    async (size) => {
      const dir = lab.scratch(join('growth', `postgres-${size}`))
      const url = await scale.database(`growth-${size}`)
      const start = () => startBerth({ dir, args: ['--database', url] })
      await (await start()).stop()
      await seedPostgres(url, { tags: size, repositories: size })
      return start()
    },
    (grown) => measure(lab, grown),
  )
  lab.scratch('growth')
}

/** It walks through everything for a page, so it has fewer of all, and is asked less often. */
async function ofPeer(lab: Lab, scale: Scale): Promise<void> {
  await peerGrowth(lab, scale, { seeds: 'tags', sizes: [1000, 3000, 10_000], rounds: 5 })
  await peerGrowth(lab, scale, { seeds: 'repositories', sizes: [30, 100, 300], rounds: 1 })
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
    for (const question of seeds === 'tags' ? TAG_PAGES : CATALOG_PAGES) {
      const medians = await ask(grown, question, { who: 'peer', rounds, time: 0 })
      const what = `${question.what}: docker-registry on S3, from ${sizes[0]} to ${sizes.at(-1)} ${seeds}`
      const figures = { peer: [{ value: slope(grown, medians) }] }
      lab.add({ row: ROW, id: `peer-${question.id}`, what, unit: 'slope', figures, note: inWords(medians) })
    }
  })
}

async function measure(lab: Lab, grown: readonly Grown[]): Promise<void> {
  for (const question of [...PAGES, ...MANIFESTS_OF_TAGS]) {
    const slopes: Figure[] = []
    const notes: string[] = []
    // A tag can only be made and removed once.
    const times = PAGES.includes(question) ? lab.options.pairs : 1
    for (let time = 0; time < times; time++) {
      const medians = await ask(grown, question, { who: 'berth', rounds: question.mostRounds ?? ROUNDS, time })
      const peakBytes = Math.max(...grown.map(({ server }) => residentBytes(server.pid)))
      slopes.push({ value: slope(grown, medians), peakBytes })
      notes.push(inWords(medians))
    }
    const kind = PAGES.includes(question) ? 'growth' : 'change'
    const what = `${question.what}: PostgreSQL, from 1,000 to ${grown.at(-1)?.size.toLocaleString('en-US')}`
    lab.add({
      row: ROW,
      id: `${kind}-postgres-${question.id}`,
      what,
      unit: 'slope',
      figures: { berth: slopes },
      note: notes.join('; '),
    })
  }
}
