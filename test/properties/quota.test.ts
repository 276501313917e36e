import { describe, expect, it, setDefaultTimeout } from 'bun:test'
import fc from 'fast-check'
import { runs, SEED } from './parameters.ts'
import { BLOBS, type Compared, imageOf, QuotaWorld, REPOSITORIES, TAGS, type Told } from './quota-world.ts'
import { ON_POSTGRES } from '../support/postgres.ts'

setDefaultTimeout(ON_POSTGRES ? 600_000 : 120_000)

const repository = fc.constantFrom(...REPOSITORIES)
const blob = fc.constantFrom(...BLOBS)
const blobs = fc.uniqueArray(blob, { minLength: 1, maxLength: 3, selector: ({ digest }) => digest })
const tag = fc.constantFrom(...TAGS)
const project = fc.constantFrom('team', 'team/sub', 'other', 'team/sub/c')
const limit = (max: number) => fc.option(fc.nat(max), { nil: undefined })

interface Step {
  readonly what: string
  run(world: QuotaWorld): Promise<Told | undefined>
}

function step<T extends unknown[]>(
  name: string,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  run: (world: QuotaWorld, ...values: T) => Promise<Told | undefined>,
): fc.Arbitrary<Step> {
  return fc.tuple<T>(...arbitraries).map((values) => {
    const what = [name, ...values.map(describeValue)].join(' ')
    return { what, run: (world) => run(world, ...values), [fc.toStringMethod]: () => what }
  })
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(describeValue).join()}]`
  return typeof value === 'object' && value !== null
    ? `${BLOBS.indexOf(value as (typeof BLOBS)[number])}`
    : String(value)
}

async function pushImage(world: QuotaWorld, name: string, reference: string, parts: typeof BLOBS): Promise<Told> {
  for (const part of parts) {
    const told = await world.push(name, part)
    if (told.status !== 201) return told
  }
  return world.putImage(name, reference, parts)
}

async function collect(world: QuotaWorld): Promise<undefined> {
  await world.collect()
}

async function purge(world: QuotaWorld): Promise<undefined> {
  await world.purge()
}

const steps = fc.oneof(
  { weight: 4, arbitrary: step('push', [repository, blob], (world, name, part) => world.push(name, part)) },
  {
    weight: 3,
    arbitrary: step('mount', [repository, repository, blob], (world, to, from, part) => world.mount(to, from, part)),
  },
  { weight: 6, arbitrary: step('image', [repository, tag, blobs], pushImage) },
  {
    weight: 1,
    arbitrary: step('untagged', [repository, blobs], (world, name, parts) =>
      pushImage(world, name, imageOf(parts).digest, parts),
    ),
  },
  {
    weight: 2,
    arbitrary: step('untag', [repository, tag], (world, name, reference) => world.deleteReference(name, reference)),
  },
  {
    weight: 2,
    arbitrary: step('delete', [repository, blobs], (world, name, parts) =>
      world.deleteReference(name, imageOf(parts).digest),
    ),
  },
  {
    weight: 1,
    arbitrary: step('delete blob', [repository, blob], (world, name, part) => world.deleteBlob(name, part)),
  },
  { weight: 2, arbitrary: step('delete repository', [repository], (world, name) => world.deleteRepository(name)) },
  {
    weight: 3,
    arbitrary: step('restore', [fc.nat(20), fc.option(repository, { nil: undefined })], async (world, index, to) => {
      const ids = await world.deletionIds()
      const id = ids[index % Math.max(1, ids.length)]
      return id === undefined ? undefined : world.restore(id, to)
    }),
  },
  { weight: 2, arbitrary: step('collect', [], collect) },
  { weight: 2, arbitrary: step('purge', [], purge) },
  { weight: 2, arbitrary: step('create project', [project], (world, name) => world.createProject(name)) },
  { weight: 1, arbitrary: step('remove project', [project], (world, name) => world.removeProject(name)) },
  {
    weight: 2,
    arbitrary: step(
      'set quota',
      [project, limit(25_000), limit(5), limit(6)],
      (world, name, ...[bytes, repositories, tags]) => world.setQuota(name, { bytes, repositories, tags }),
    ),
  },
  { weight: 1, arbitrary: step('remove quota', [project], (world, name) => world.removeQuota(name)) },
)

/** What is used stays within the limit, unless it was above it already: then it does not grow. */
function expectWithin(before: readonly Compared[], after: readonly Compared[]): void {
  for (const { project: name, limits, counted } of after)
    for (const resource of ['bytes', 'repositories', 'tags'] as const) {
      const limitOf = limits[resource]
      const earlier = before.find((each) => each.project === name)?.there[resource]
      if (limitOf !== undefined && earlier !== undefined)
        expect(counted[resource]).toBeLessThanOrEqual(Math.max(limitOf, earlier))
    }
}

/** What a refusal says is true. Pushing an image is several steps, of which each may add. */
function expectHonest({ status, excess, text }: Told, before: readonly Compared[]): void {
  if (status !== 403) return
  if (excess === undefined) throw new Error(`refused for another reason than a quota: ${text}`)
  const compared = before.find((each) => each.project === excess.project)
  expect(excess.limit).toBe(compared?.limits[excess.resource] ?? Number.NaN)
  expect(excess.used).toBeGreaterThanOrEqual(compared?.there[excess.resource] ?? Number.NaN)
  expect(excess.reserved).toBe(0)
  expect(excess.used + excess.wanted).toBeGreaterThan(excess.limit)
}

interface Tally {
  refused: number
  done: number
}

async function play(world: QuotaWorld, sequence: readonly Step[], tally: Tally): Promise<void> {
  let before = await world.compare()
  for (const { what, run } of sequence) {
    const told = await run(world)
    const after = await world.compare()
    for (const { counted, there } of after) expect({ what, ...counted }).toEqual({ what, ...there })
    expectWithin(before, after)
    if (told !== undefined) expectHonest(told, before)
    tally.refused += Number(told?.status === 403)
    tally.done += Number(told !== undefined && told.status < 300)
    before = after
  }
}

describe(`quotas (BERTH_TEST_SEED=${SEED})`, () => {
  it('count what is there after each step, and no step goes beyond a limit', async () => {
    const tally: Tally = { refused: 0, done: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 60 }), async (sequence) => {
        const world = await QuotaWorld.open()
        try {
          expect((await world.setQuota('team', { bytes: 22_000, repositories: 4, tags: 5 })).status).toBe(200)
          await play(world, sequence, tally)
          expect(await world.fsck()).toEqual([])
          expect(world.errors).toEqual([])
        } finally {
          await world.close()
        }
      }),
      runs(Number(process.env.BERTH_TEST_RUNS ?? 25)),
    )
    // Both must happen, or nothing was tried.
    expect(tally.refused).toBeGreaterThan(20)
    expect(tally.done).toBeGreaterThan(100)
  })
})
