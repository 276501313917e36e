import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { check } from '../conformance/support/check.ts'
import { manifestPath, putManifest } from '../conformance/support/manifests.ts'
import { found, type Person, World } from '../access/support/world.ts'
import { rowsIn } from '../support/rows.ts'
import { image, pushBlobsOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const DAY = 24 * 60 * 60_000
const NAME = 'team/app'
const AT = '/repositories/team%2Fapp'

let world: World
let owner: Person
beforeEach(async () => {
  world = await World.open()
  await world.project('team')
  owner = await world.user('owner')
  await world.grant('team', 'user:owner', 'owner')
  // The middle of a day.
  const untilNoon = 1.5 * DAY - (world.clock.now().getTime() % DAY)
  world.clock.advance(untilNoon)
})
afterEach(async () => {
  expect(world.errors()).toBe('')
  await world.checkAudit()
  await world.close()
})

const target = () => ({ registry: world.with(owner.basic), name: NAME })
const day = (offset = 0) =>
  new Date(world.clock.now().getTime() + offset * DAY).toISOString().slice(0, 10).replaceAll('-', '')
const minute = () => `${world.clock.now().toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`
const pull = (reference: string, method = 'GET') =>
  world.send(method, manifestPath(NAME, reference), { headers: owner.basic })
const tagAt = async (tag: string) => (await pull(tag, 'HEAD')).headers.get('docker-content-digest')

const History = z.object({
  items: z.array(
    z.object({
      at: z.string(),
      tag: z.string(),
      digest: z.string().optional(),
      previous: z.string().optional(),
      actor: z.string(),
      reason: z.string(),
      manifest: z.string(),
      restorableUntil: z.string().optional(),
    }),
  ),
  next: z.string().optional(),
})
async function history(query = '') {
  const answer = check(await world.api('GET', `${AT}/history${query}`, owner.basic), { status: 200 })
  return History.parse(JSON.parse(answer.text))
}

describe('pulling as of a moment', () => {
  const [first, second] = [image('history/first'), image('history/second')]

  /** v1 is the first image on the first day and the second image on the third. */
  async function twoDays() {
    await pushImage(target(), first, 'v1')
    const before = { day: day(), minute: minute() }
    world.clock.advance(2 * DAY)
    await pushImage(target(), second, 'v1')
    return before
  }

  test('is what the tag named then, by day, by minute and by second', async () => {
    const before = await twoDays()
    const yesterday = day(-1)
    const stamps = [before.day, before.minute, before.minute.replace('Z', '00Z'), yesterday, `${day()}T0000Z`]
    for (const stamp of stamps) {
      const answer = check(await pull(`v1.at-${stamp}`), { status: 200 })
      expect([stamp, answer.headers.get('docker-content-digest')]).toEqual([stamp, first.manifest.digest])
      expect(answer.bytes).toEqual(first.manifest.bytes)
      expect(await tagAt(`v1.at-${stamp}`)).toBe(first.manifest.digest)
    }
    for (const stamp of [day(), minute()]) expect(await tagAt(`v1.at-${stamp}`)).toBe(second.manifest.digest)
    expect(await tagAt('v1')).toBe(second.manifest.digest)
  })

  test('before there was anything, and in the future, it says so', async () => {
    await twoDays()
    for (const [stamp, message] of [
      [day(-3), 'there was no tag'],
      [day(1), 'nobody knows yet'],
      [`${day()}T2359Z`, 'nobody knows yet'],
      [`${day(-2)}T1159Z`, 'there was no tag'],
    ] as const) {
      const answer = check(await pull(`v1.at-${stamp}`), { status: 404 })
      expect(answer.text).toContain('MANIFEST_UNKNOWN')
      expect([stamp, answer.text]).toEqual([stamp, expect.stringContaining(message)])
    }
    // What no calendar has is a tag like any other.
    const plain = check(await pull('v1.at-20260231'), { status: 404 })
    expect(plain.text).not.toContain('nobody')
    check(await putManifest(target(), 'v1.at-20260231', second.manifest), { status: 201 })
    expect(await tagAt('v1.at-20260231')).toBe(second.manifest.digest)
  })

  test('today moves with the clock, and is remembered for no one', async () => {
    await pushImage(target(), first, 'v1')
    const today = day()
    expect(await tagAt(`v1.at-${today}`)).toBe(first.manifest.digest)
    world.clock.advance(60_000)
    await pushImage(target(), second, 'v1')
    expect(await tagAt(`v1.at-${today}`)).toBe(second.manifest.digest)
    world.clock.advance(DAY)
    for (const _ of [1, 2]) expect(await tagAt(`v1.at-${today}`)).toBe(second.manifest.digest)
    // Two moves at once are a moment apart, and both have been.
    await putManifest(target(), 'v1', first.manifest)
    await putManifest(target(), 'v1', second.manifest)
    expect(await tagAt(`v1.at-${day()}`)).toBe(second.manifest.digest)
    // The moment itself, once it has come.
    const soon = new Date(world.clock.now().getTime() + 60_000)
    const stamp = `${soon.toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`
    check(await pull(`v1.at-${stamp}`), { status: 404 })
    world.clock.advance(60_000)
    expect(await tagAt(`v1.at-${stamp}`)).toBe(second.manifest.digest)
  })

  test('a deleted tag still has its past; a deleted image says until when it can be restored, and then that it is gone', async () => {
    const before = await twoDays()
    world.clock.advance(60_000)
    check(await world.api('DELETE', `${AT}/tags/v1`, owner.basic), { status: 204 })
    check(await pull(`v1.at-${minute()}`), { status: 404 })
    expect(await tagAt(`v1.at-${before.day}`)).toBe(first.manifest.digest)
    // Remembered answers are forgotten with the commit.
    check(await world.send('DELETE', manifestPath(NAME, first.manifest.digest), { headers: owner.basic }), {
      status: 202,
    })
    const until = new Date(world.clock.now().getTime() + 14 * DAY).toISOString()
    const deleted = check(await pull(`v1.at-${before.day}`), { status: 404 })
    expect(deleted.text).toContain(`it can be restored until ${until}`)
    expect(deleted.text).toContain(first.manifest.digest)
    world.clock.advance(14 * DAY)
    expect((await pull(`v1.at-${before.day}`)).text).toContain('gone for good')
  })

  test('whoever may not pull learns nothing', async () => {
    const before = await twoDays()
    const stranger = await world.user('stranger')
    const answer = await world.send('GET', manifestPath(NAME, `v1.at-${before.day}`), { headers: stranger.basic })
    expect(answer.status).toBe(403)
    expect(answer.text).not.toContain('sha256')
  })

  test('counts as a pull of the image, not of the tag nor of anything made up', async () => {
    const before = await twoDays()
    await world.app.registry.pulls.flush()
    const rows = async () =>
      (await world.query<{ reference: string }>('select reference from pulls')).map((row) => row.reference)
    const known = new Set(await rows())
    for (const stamp of [before.day, before.minute, day(-1)]) await pull(`v1.at-${stamp}`)
    await world.app.registry.pulls.flush()
    expect((await rows()).filter((reference) => !known.has(reference))).toEqual([first.manifest.digest])
  })
})

describe('no history can be forged', () => {
  const pushed = image('history/forged')

  test('by any way that sets a tag', async () => {
    await pushImage(target(), pushed, 'v1')
    const forged = `v1.at-${day(-5)}`
    const before = await world.query('select * from tag_events')
    const answers = [
      await putManifest(target(), forged, pushed.manifest),
      await putManifest(target(), pushed.manifest.digest, pushed.manifest, { tag: ['fine', forged] }),
      await world.api('PUT', `${AT}/tags/${forged}`, owner.basic, { from: 'v1' }),
      await world.api('POST', `${AT}/tags/${forged}/roll-back`, owner.basic, { to: pushed.manifest.digest }),
      await world.api('POST', `${AT}/promotions`, owner.basic, { from: `${NAME}:v1`, tags: [forged] }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('cannot be set')
    }
    expect(await world.query('select * from tag_events')).toEqual(before)
    check(await pull('fine'), { status: 404 })
  })

  test('a tag of that form that was here before goes on as it is, and can be deleted', async () => {
    const adopted = `v1.at-${day(-5)}`
    await pushImage(target(), pushed, 'v1')
    await pushImage(target(), image('history/adopted'), 'old')
    await rowsIn(world.dataDir, "update tags set name = ? where name = 'old'", [adopted])
    await rowsIn(world.dataDir, "update tag_events set tag = ? where tag = 'old'", [adopted])
    expect(await tagAt(adopted)).toBe(image('history/adopted').manifest.digest)
    check(await world.send('DELETE', manifestPath(NAME, adopted), { headers: owner.basic }), { status: 202 })
    check(await pull(adopted), { status: 404 })
    // It is the same tag that comes back.
    check(await world.api('POST', `${AT}/tags/${adopted}/restore`, owner.basic, {}), { status: 200 })
    expect(await tagAt(adopted)).toBe(image('history/adopted').manifest.digest)
  })
})

describe('the history of a tag', () => {
  const images = [1, 2, 3].map((number) => image(`history/${number}`))
  const [one, two, three] = images.map(({ manifest }) => manifest.digest)

  test('has every move, newest first, a page at a time', async () => {
    for (const each of images) {
      await pushImage(target(), each, 'v1')
      await putManifest(target(), 'other', each.manifest)
      world.clock.advance(1000)
    }
    check(await world.send('DELETE', manifestPath(NAME, 'v1'), { headers: owner.basic }), { status: 202 })
    const { items } = await history('?tag=v1')
    expect(items.map(({ digest, previous }) => [digest, previous])).toEqual([
      [undefined, three],
      [three, two],
      [two, one],
      [one, undefined],
    ])
    expect(items.every(({ actor }) => actor === 'owner')).toBe(true)
    const all = (await history()).items
    expect(all).toHaveLength(7)
    const paged: unknown[] = []
    for (let before = ''; ;) {
      const { items: page, next } = await history(`?limit=2${before}`)
      paged.push(...page)
      if (next === undefined) break
      before = `&before=${encodeURIComponent(next)}`
    }
    expect(paged).toEqual(all)
    expect((await world.api('GET', `${AT}/history?before=x`, owner.basic)).status).toBe(400)
    expect((await history('?tag=%2F')).items).toEqual([])
  })

  test('says what became of the images', async () => {
    await pushImage(target(), found(images[0]), 'v1')
    await pushImage(target(), found(images[1]), 'v1')
    await world.send('DELETE', manifestPath(NAME, found(one)), { headers: owner.basic })
    const { items } = await history()
    const until = new Date(world.clock.now().getTime() + 14 * DAY).toISOString()
    expect(items.map(({ manifest, restorableUntil }) => [manifest, restorableUntil])).toEqual([
      ['there', undefined],
      ['deleted', until],
    ])
  })

  test('a tag goes back to a digest, and to a moment', async () => {
    for (const each of images) {
      await pushImage(target(), each, 'v1')
      world.clock.advance(60_000)
    }
    const back = (body: unknown, by = owner) => world.api('POST', `${AT}/tags/v1/roll-back`, by.basic, body)
    expect(JSON.parse(check(await back({ to: one }), { status: 200 }).text)).toEqual({
      digest: one,
      previous: three,
      restored: false,
    })
    expect(await tagAt('v1')).toBe(found(one))
    const at = new Date(world.clock.now().getTime() - 90_000).toISOString()
    check(await back({ at }), { status: 200 })
    expect(await tagAt('v1')).toBe(found(two))
    const { items } = await history('?limit=2')
    expect(items.map(({ reason }) => reason)).toEqual(['rolled back', 'rolled back'])
    await pushImage(target(), image('history/never'), 'else')
    const never = image('history/never').manifest.digest
    for (const [body, status] of [
      [{ to: never }, 404],
      [{ at: '2001-01-01T00:00:00Z' }, 404],
      [{}, 400],
      [{ to: one, at }, 400],
      [{ to: 'v1' }, 400],
    ] as const)
      expect([body, (await back(body)).status]).toEqual([body, status])
    const writer = await world.user('pusher')
    await world.grant('team', 'user:pusher', 'pull,push')
    expect((await back({ to: one }, writer)).status).toBe(403)
    expect(await tagAt('v1')).toBe(found(two))
    expect((await world.audit()).filter(({ action }) => action === 'tag.moved')).toHaveLength(2)
  })

  test('back to a deleted image takes the right to delete, and brings the image back whole', async () => {
    const [old] = images
    await pushImage(target(), found(old), 'v1')
    await pushImage(target(), found(images[1]), 'v1')
    await world.send('DELETE', manifestPath(NAME, found(one)), { headers: owner.basic })
    const writer = await world.user('writer')
    await world.grant('team', 'user:writer', 'writer')
    const refused = await world.api('POST', `${AT}/tags/v1/roll-back`, writer.basic, { to: one })
    expect([refused.status, await tagAt('v1')]).toEqual([403, found(two)])
    const done = await world.api('POST', `${AT}/tags/v1/roll-back`, owner.basic, { to: one })
    expect(JSON.parse(done.text)).toEqual({ digest: one, previous: two, restored: true })
    expect((await pull('v1')).bytes).toEqual(found(old).manifest.bytes)
    // Nothing is left of the deletion.
    expect(await world.query('select * from deletions')).toEqual([])
  })

  test('a deleted tag comes back as it was', async () => {
    await pushImage(target(), found(images[0]), 'v1')
    await world.send('DELETE', manifestPath(NAME, 'v1'), { headers: owner.basic })
    const restore = (tag: string) => world.api('POST', `${AT}/tags/${tag}/restore`, owner.basic, {})
    check(await restore('v1'), { status: 200 })
    expect(await tagAt('v1')).toBe(found(one))
    expect((await restore('v1')).status).toBe(409)
    expect((await restore('none')).status).toBe(404)
    // With its image, when that went too.
    await world.send('DELETE', manifestPath(NAME, found(one)), { headers: owner.basic })
    const answer = check(await restore('v1'), { status: 200 })
    expect(JSON.parse(answer.text)).toEqual({ digest: one, restored: true })
    expect(await tagAt('v1')).toBe(found(one))
  })
})

describe('old moves are forgotten', () => {
  test('but every moment since the cutoff still has its answer', async () => {
    const images = Array.from({ length: 6 }, (_, number) => image(`history/old-${number}`))
    for (const each of images) await pushBlobsOf(target(), each)
    const moments: { at: Date; digest: string | undefined }[] = []
    const name = async (each: (typeof images)[number] | undefined) => {
      if (each === undefined) await world.send('DELETE', manifestPath(NAME, 'v1'), { headers: owner.basic })
      else await putManifest(target(), 'v1', each.manifest)
      moments.push({ at: world.clock.now(), digest: each?.manifest.digest })
      world.clock.advance(100 * DAY)
    }
    // Days 0, 100 … 700; the cutoff of 365 days is in between.
    for (const each of [images[0], images[1], undefined, images[2], images[3], images[4], undefined, images[5]])
      await name(each)
    await pushImage(target(), image('history/quiet'), 'quiet')
    const { registry, jobs } = world.app
    const prune = found((await jobs()).find((job) => job.name === 'prune-history'))
    const cutoff = () => new Date(registry.clock.now().getTime() - 365 * DAY)
    await prune.run()
    const left = await world.query<{ at: number }>("select at from tag_events where tag = 'v1' order by at")
    expect(left.map(({ at }) => at)).toEqual(moments.slice(4).map(({ at }) => at.getTime()))
    for (const { at, digest } of moments) {
      if (at < cutoff()) continue
      const stamp = `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
      const later = new Date(at.getTime() + 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
      expect([stamp, await tagAt(`v1.at-${later}Z`)]).toEqual([stamp, digest ?? null])
    }
    // Years later the last of each is there still, and is what the tag names.
    world.clock.advance(2000 * DAY)
    await prune.run()
    expect(await world.query('select tag from tag_events order by tag')).toEqual([{ tag: 'quiet' }, { tag: 'v1' }])
    expect(await tagAt(`v1.at-${day(-100)}`)).toBe(found(images[5]).manifest.digest)
  })

  test('and those of a deletion stay as long as it does', async () => {
    const old = image('history/binned')
    await pushImage(target(), old, 'v1')
    await world.send('DELETE', manifestPath(NAME, old.manifest.digest), { headers: owner.basic })
    world.clock.advance(400 * DAY)
    const { registry } = world.app
    const { pruneHistory } = await import('../../src/history/prune.ts')
    expect(await pruneHistory(registry, 365 * DAY, 1)).toBe(1)
    expect(await world.query('select tag, digest from tag_events')).toEqual([{ tag: 'v1', digest: null }])
  })
})
