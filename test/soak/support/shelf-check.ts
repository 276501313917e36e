import { z } from 'zod'
import { digestOf } from '../../faults/support/client.ts'
import type { Image, Shelf } from './model.ts'
import { blobPath, manifestPath } from './pushing.ts'
import { wholeTextOf, type World } from './world.ts'

const TagList = z.object({ tags: z.array(z.string()) })
const Referrers = z.object({ manifests: z.array(z.object({ digest: z.string() })) })

/** Everything that a repository owes to its client: invariants 1, 4, 5, 6, 11 and 13. */
export async function checkShelf(world: World, shelf: Shelf): Promise<void> {
  await checkTags(world, shelf)
  for (const image of shelf.all()) await checkImage(world, shelf, image)
  for (const digest of shelf.promises()) await checkPromise(world, shelf, digest)
  world.count('repositories checked')
}

async function checkTags(world: World, shelf: Shelf): Promise<void> {
  const list = await world.ask('GET', `/v2/${shelf.name}/tags/list`)
  const listed = list.status === 200 ? TagList.parse(JSON.parse(wholeTextOf(list))).tags : []
  const sure = (tags: readonly string[]) => tags.filter((tag) => !shelf.unsureTags.has(tag)).sort()
  const wanted = sure([...shelf.tags.keys()])
  if (!Bun.deepEquals(sure(listed), wanted))
    world.problem(`${shelf.name} lists the tags ${listed.join()} instead of ${wanted.join()}`)
  for (const tag of new Set([...listed, ...shelf.tags.keys()])) {
    const { asked, status, bytes } = await world.ask('GET', manifestPath(shelf.name, tag))
    const found = status === 200 ? digestOf(bytes) : undefined
    const owed = shelf.unsureTags.get(tag) ?? new Set([shelf.tags.get(tag)])
    if (!owed.has(found)) world.problem(`${asked} → ${status} ${found}, should be ${[...owed].join(' or ')}`)
  }
}

async function checkImage(world: World, shelf: Shelf, image: Image): Promise<void> {
  const { asked, status, bytes } = await world.ask('GET', manifestPath(shelf.name, image.digest))
  // Asked afterwards: a lease may just have ended.
  if (!shelf.settle().has(image.digest) || shelf.unsure.has(image.digest)) return
  if (status !== 200 || digestOf(bytes) !== image.digest) world.problem(`${asked}, which must be there → ${status}`)
  for (const { digest } of image.blobs) {
    const blob = await world.ask('GET', blobPath(shelf.name, digest))
    if (blob.status !== 200 && shelf.settle().has(image.digest))
      world.problem(`${blob.asked}, which ${image.digest} needs → ${blob.status}`)
  }
  await checkReferrers(world, shelf, image)
}

/** Each that must be there once, and none that is of another or was deleted. */
async function checkReferrers(world: World, shelf: Shelf, { digest: subject }: Image): Promise<void> {
  const answer = await world.ask('GET', `/v2/${shelf.name}/referrers/${subject}`)
  const listed = Referrers.parse(JSON.parse(wholeTextOf(answer))).manifests.map(({ digest }) => digest)
  const known = shelf.all().filter((image) => image.subject === subject)
  const required = shelf.settle()
  const missing = known.filter(({ digest }) => required.has(digest) && !listed.includes(digest))
  const foreign = listed.filter((digest) => !known.some((image) => image.digest === digest))
  const wrong = [...missing.map(({ digest }) => digest), ...foreign].filter((digest) => !shelf.unsure.has(digest))
  if (wrong.length > 0 || new Set(listed).size !== listed.length)
    world.problem(`${answer.asked} lists ${listed.join()}; missing or wrong: ${wrong.join()}`)
}

async function checkPromise(world: World, shelf: Shelf, digest: string): Promise<void> {
  const { asked, status } = await world.ask('GET', blobPath(shelf.name, digest))
  if (status !== 200 && status !== 404) world.problem(`${asked} → ${status}`)
  const isOwed = shelf.isPromised(digest) || shelf.needs(digest)
  const isUnsure = shelf.unsure.size > 0 || shelf.unsureTags.size > 0
  if (status !== 200 && isOwed && !isUnsure) world.problem(`${asked}, within its lease → ${status}`)
  if (!isOwed) shelf.unpromise(digest)
}
