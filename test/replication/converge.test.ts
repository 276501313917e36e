import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { Link, openSide, put, type Side, testImage } from './support/pair.ts'

setDefaultTimeout(120_000)

const REPOSITORY = 'team/app'
const TAGS = ['latest', 'stable', 'v1']
const IMAGES = Array.from({ length: 8 }, (_, n) => testImage(n))
const GEO = { onEvent: true, deletes: true, conflicts: 'newest' } as const

let sides: readonly Side[] = []
afterEach(async () => {
  for (const { berth } of sides) await berth.close()
  sides = []
})

interface Pair {
  readonly a: Side
  readonly b: Side
  readonly links: readonly [Link, Link]
}

/** Both push to each other, each with an account that the other knows. */
async function pushBothWays(): Promise<Pair> {
  const links = [new Link(), new Link()] as const
  const a: Side = await openSide({ b: () => links[0].through(b.as('geo-a')) })
  const b: Side = await openSide({ a: () => links[1].through(a.as('geo-b')) })
  sides = [a, b]
  await a.addRule('to-b', { remote: 'b', direction: 'push', body: { ...GEO, peerAccount: 'geo-b' } })
  await b.addRule('to-a', { remote: 'a', direction: 'push', body: { ...GEO, peerAccount: 'geo-a' } })
  return { a, b, links }
}

/** One side does all of it: the other knows of nothing. */
async function pushAndPull(): Promise<Pair> {
  const links = [new Link(), new Link()] as const
  const a: Side = await openSide({ b: () => links[0].through(b.as('geo-a')) })
  const b: Side = await openSide({})
  sides = [a, b]
  await a.addRule('to-b', { remote: 'b', direction: 'push', body: GEO })
  await a.addRule('from-b', { remote: 'b', direction: 'pull', body: { deletes: true, conflicts: 'newest' } })
  return { a, b, links }
}

function numbers(seed: number): () => number {
  let state = seed * 2_654_435_761
  return () => {
    state = (state ^ (state << 13)) >>> 0
    state = (state ^ (state >>> 17)) >>> 0
    state = (state ^ (state << 5)) >>> 0
    return state / 2 ** 32
  }
}

/** What people do on one side: pushes, moves and deletions of tags, at any moment. */
async function people({ user }: Side, random: () => number, acts: number): Promise<void> {
  for (let act = 0; act < acts; act++) {
    await breathe(random)
    const tag = TAGS[Math.floor(random() * TAGS.length)] ?? 'latest'
    const image = IMAGES[Math.floor(random() * IMAGES.length)]
    if (random() < 0.2) await user.deleteTag(REPOSITORY, tag)
    else if (image !== undefined) await put(user, REPOSITORY, image, [tag])
  }
}

async function breathe(random: () => number): Promise<void> {
  for (let turn = Math.floor(random() * 12); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
}

async function settle({ a, b }: Pair, pull: boolean): Promise<void> {
  for (let round = 0; round < 40; round++) {
    if (pull && round % 2 === 0) await a.start('from-b').catch(() => undefined)
    await Promise.all([a.engine.run(), b.engine.run()])
    const isDone = (await a.queued()) + (await b.queued()) === 0
    if (isDone && round > 4) return
    a.berth.clock.advance(60_000)
    b.berth.clock.advance(61_000)
  }
}

const SEEDS = (process.env.SEEDS ?? '1 2 3 4 5 6').split(' ').map(Number)

describe.each([
  ['both push', pushBothWays, false],
  ['one pushes and pulls', pushAndPull, true],
] as const)('two registries, %s', (_, open, pull) => {
  test.each(SEEDS.map((seed) => [seed]))(
    'have the same tags in the end, whatever people do (seed %d)',
    async (seed) => {
      const pair = await open()
      const random = numbers(seed)
      for (const link of pair.links) link.before = () => breathe(random)
      for (let act = 0; act < 6; act++) {
        const working = [people(pair.a, random, 4), people(pair.b, random, 4)]
        if (pull) await pair.a.start('from-b').catch(() => undefined)
        pair.links[0].isCut = random() < 0.3
        pair.links[1].isCut = random() < 0.3
        await Promise.all([...working, pair.a.engine.run(), pair.b.engine.run()])
        pair.a.berth.clock.advance(Math.floor(random() * 400_000))
        pair.b.berth.clock.advance(Math.floor(random() * 400_000))
      }
      for (const link of pair.links) link.isCut = false
      await settle(pair, pull)
      expect(await pair.a.tags(REPOSITORY)).toEqual(await pair.b.tags(REPOSITORY))
    },
  )
})
