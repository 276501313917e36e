import { z } from 'zod'
import { type Answer, digestOf } from '../../faults/support/client.ts'
import type { Random } from '../../faults/support/random.ts'
import { plainImage } from './model.ts'
import { blobPath, manifestPath, provide, putManifest, type Spot } from './pushing.ts'
import { COMMONS, FIXED, textOf, wholeTextOf, type World } from './world.ts'

const SHARED_TAGS = ['one', 'two', 'three', 'four']
const FIXED_TAGS = 40
export const TIGHT_BYTES = 400_000

/** Something with a repository that all clients change at once. */
export function useShared(world: World, random: Random, nonce: string): Promise<void> {
  const choice = random.next()
  if (choice < 0.35) return pushShared(world, random, nonce)
  if (choice < 0.5) return deleteShared(world, random)
  if (choice < 0.75) return pullShared(world, random)
  if (choice < 0.87) return setFixed(world, random, nonce)
  return pushTight(world, random, nonce)
}

function spotAt(world: World, random: Random, repository: string): Spot {
  return { world, random, repository, isOwn: false, promise: () => undefined }
}

/** Nobody deletes blobs there, so what a pusher was told of must be there when its manifest comes: row 62. */
async function pushShared(world: World, random: Random, nonce: string): Promise<void> {
  const spot = spotAt(world, random, COMMONS)
  const image = plainImage([random.pick(world.pool), random.pick(world.pool)], nonce)
  const until = await provide(spot, image.blobs)
  const answer = await putManifest(spot, random.pick(SHARED_TAGS), image)
  if (answer.status !== 201 && until > Date.now())
    world.problem(`within the lease: ${answer.asked} → ${answer.status} ${textOf(answer)}`)
  world.count('shared pushes')
}

async function deleteShared(world: World, random: Random): Promise<void> {
  const tag = random.pick(SHARED_TAGS)
  const found = await world.ask('GET', manifestPath(COMMONS, tag))
  const reference = found.status === 200 && random.chance(0.5) ? digestOf(found.bytes) : tag
  expectOneOf(world, await world.ask('DELETE', manifestPath(COMMONS, reference)), [202, 404])
}

function expectOneOf(world: World, answer: Answer, statuses: readonly number[]): void {
  if (!statuses.includes(answer.status)) world.problem(`${answer.asked} → ${answer.status} ${textOf(answer)}`)
}

const Layers = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ digest: z.string() })),
})

/** Invariants 4 and 5 beside others: what a tag still names after a look at its blobs had them all. */
async function pullShared(world: World, random: Random): Promise<void> {
  const path = manifestPath(COMMONS, random.pick(SHARED_TAGS))
  const before = await world.ask('GET', path)
  expectOneOf(world, before, [200, 404])
  if (before.status !== 200) return
  const { config, layers } = Layers.parse(JSON.parse(wholeTextOf(before)))
  const missing: string[] = []
  for (const { digest } of [config, ...layers]) {
    const blob = await world.ask('GET', blobPath(COMMONS, digest))
    if (blob.status !== 200) missing.push(`${digest}: ${blob.status}`)
  }
  const after = await world.ask('GET', path)
  if (missing.length > 0 && after.status === 200 && digestOf(after.bytes) === digestOf(before.bytes))
    world.problem(`${path} names ${digestOf(after.bytes)}, which lacks ${missing.join()}`)
  world.count('shared pulls')
}

/** Invariant 12: of all who set a tag one wins, and it is never another image afterwards. */
async function setFixed(world: World, random: Random, nonce: string): Promise<void> {
  const spot = spotAt(world, random, FIXED)
  const tag = `release-${random.between(1, FIXED_TAGS)}`
  const image = plainImage([random.pick(world.pool)], nonce)
  const until = await provide(spot, image.blobs)
  const answer = await putManifest(spot, tag, image)
  if (answer.status === 201) {
    const first = world.fixed.get(tag) ?? image.digest
    if (first !== image.digest) world.problem(`${tag} was set to ${first}, and then to ${image.digest}`)
    world.fixed.set(tag, image.digest)
    world.count('immutable tags set')
  } else if (until > Date.now()) expectOneOf(world, answer, [403, 409])
  await expectFixed(world, tag)
}

export async function expectFixed(world: World, tag: string): Promise<void> {
  const owed = world.fixed.get(tag)
  const { asked, status, bytes } = await world.ask('GET', manifestPath(FIXED, tag))
  if (owed !== undefined && (status !== 200 || digestOf(bytes) !== owed))
    world.problem(`${asked} → ${status} ${digestOf(bytes)}, was set to ${owed}`)
}

const Quota = z.object({ bytes: z.object({ limit: z.int(), used: z.int() }) })

/** Invariant 8: whatever comes at once, the project never holds more than it may. */
async function pushTight(world: World, random: Random, nonce: string): Promise<void> {
  const repository = `tight/${random.pick(['a', 'b', 'c'])}`
  const blob = random.pick(world.pool)
  const path = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`
  const answer = await world.ask('POST', path, { body: blob.bytes })
  expectOneOf(world, answer, [201, 403])
  world.count(answer.status === 201 ? 'pushes within the quota' : 'pushes over the quota')
  if (answer.status === 201 && random.chance(0.4)) {
    const pushed = await putManifest(spotAt(world, random, repository), 'latest', plainImage([blob], nonce))
    expectOneOf(world, pushed, [201, 400, 403])
  }
  const { json } = await world.api('GET', '/projects/tight/quota')
  const { bytes } = Quota.parse(json)
  if (bytes.used > bytes.limit) world.problem(`tight holds ${bytes.used} of ${bytes.limit} bytes`)
}
