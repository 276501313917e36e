import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { OPERATOR } from '../../src/lib/actor.ts'
import { createProject } from '../../src/access/manage-projects.ts'
import { addRule as addImmutability } from '../../src/immutability/manage-rules.ts'
import { requireExecution, retryExecution, stopExecution } from '../../src/replication/manage-executions.ts'
import { changeRule } from '../../src/replication/manage-rules.ts'
import type { RuleBodyInput } from '../../src/replication/rule.ts'
import { RemoteError } from '../../src/registry/image-source.ts'
import { deleteRepository } from '../../src/registry/delete-content.ts'
import { parseRepositoryName } from '../../src/oci/name.ts'
import { Link, openSide, put, type Side, testImage } from './support/pair.ts'

setDefaultTimeout(60_000)

const BY = { actor: OPERATOR, principal: undefined }
const REPOSITORY = 'team/app'
const ONE = testImage(1)
const TWO = testImage(2)
const THREE = testImage(3)

const sides: Side[] = []
afterEach(async () => {
  for (const { berth } of sides.splice(0)) await berth.close()
})

/** Two registries, and a rule at the first that pushes to the second. */
async function open(body: RuleBodyInput = {}, direction: 'push' | 'pull' = 'push') {
  const link = new Link()
  const b = await openSide({})
  const a = await openSide({ b: () => link.through(b.as('geo-a')) })
  sides.push(a, b)
  await a.addRule('rule', { remote: 'b', direction, body })
  return { a, b, link }
}

test('a change is sent soon, and only what the rule selects', async () => {
  const { a, b } = await open({ onEvent: true, tags: 'semver:>=1.0', addPrefix: 'mirror/', stripPrefix: 'team/' })
  await put(a.user, REPOSITORY, ONE, ['1.2.0', 'latest'])
  await put(a.user, 'other', ONE, ['2.0.0'])
  await a.engine.run()
  expect(Object.keys(await b.tags('mirror/app'))).toEqual(['1.2.0'])
  expect(Object.keys(await b.tags('mirror/other'))).toEqual(['2.0.0'])
  expect(await a.queued()).toBe(0)
})

test('a signature that comes later is sent, also beside an image that has not changed', async () => {
  const { a, b, link } = await open({ onEvent: true })
  await put(a.user, REPOSITORY, ONE, ['v1'])
  await a.engine.run()
  await put(a.user, REPOSITORY, testImage('sig', { subject: ONE, artifactType: 'application/vnd.test' }), [])
  await a.engine.run()
  expect((await b.user.referrers(REPOSITORY, ONE.digest)).length).toBe(1)
  // And what is known to be there is not asked for again.
  link.requests = []
  await a.run('rule')
  expect(link.requests).toEqual([`resolve ${REPOSITORY} v1`])
})

test('labels and annotations, platforms and signatures select images', async () => {
  const { a, b } = await open({ labels: ['stage=prod'], platforms: ['linux/arm64'] })
  await put(a.user, REPOSITORY, testImage('a', { labels: { stage: 'prod' }, platform: ['linux', 'arm64'] }), ['label'])
  await put(a.user, REPOSITORY, testImage('b', { annotations: { stage: 'prod' }, platform: ['linux', 'arm64'] }), [
    'note',
  ])
  await put(a.user, REPOSITORY, testImage('c', { labels: { stage: 'test' }, platform: ['linux', 'arm64'] }), ['test'])
  await put(a.user, REPOSITORY, testImage('d', { labels: { stage: 'prod' } }), ['amd'])
  const { id } = await a.run('rule')
  expect(await a.log(id)).toEqual({
    [`${REPOSITORY}:label`]: 'copied',
    [`${REPOSITORY}:note`]: 'copied',
    [`${REPOSITORY}:test`]: 'skipped: it does not have the labels of the rule',
    [`${REPOSITORY}:amd`]: 'skipped: it is not for linux/arm64',
  })
  expect(Object.keys(await b.tags(REPOSITORY))).toEqual(['label', 'note'])
})

test.each(['push', 'pull'] as const)('deletes follow only where the rule brought the tag (%s)', async (direction) => {
  const { a, b } = await open({ deletes: true }, direction)
  const [source, target] = direction === 'push' ? [a, b] : [b, a]
  await put(source.user, REPOSITORY, ONE, ['brought', 'moved', 'both', 'stays'])
  await put(target.user, REPOSITORY, ONE, ['own', 'both'])
  await a.run('rule')
  await put(target.user, REPOSITORY, TWO, ['moved'])
  for (const tag of ['brought', 'moved', 'both']) await source.user.deleteTag(REPOSITORY, tag)
  const { id } = await a.run('rule')
  const left = await target.tags(REPOSITORY)
  expect(left.brought).toBeUndefined()
  expect(Object.keys(left)).toContain('own')
  expect(Object.keys(left)).toContain('both')
  expect(Object.keys(left)).toContain('stays')
  expect(left.moved).toBe(TWO.digest)
  expect((await a.log(id))[`${REPOSITORY}:brought`]).toBe('deleted')
})

test('a source that lists nothing at all deletes nothing', async () => {
  const { a, b } = await open({ deletes: true }, 'pull')
  await put(b.user, REPOSITORY, ONE, ['v1'])
  await a.run('rule')
  await b.berth.app.database.write(
    async (tx) => void (await tx.db.updateTable('repositories').set({ deleted_at: 1 }).execute()),
  )
  const { state, error } = await a.run('rule')
  expect([state, error]).toEqual(['failed', 'the remote lists no repository at all, so nothing is deleted here'])
  expect(Object.keys(await a.tags(REPOSITORY))).toEqual(['v1'])
})

test('an immutable tag refuses: once, with the rule that does', async () => {
  const { a, b, link } = await open({}, 'pull')
  const { management: m } = a.berth.app
  const project = await createProject(m, BY, { name: 'team' })
  await addImmutability(m, BY, project, { tags: 'v*' })
  await put(b.user, REPOSITORY, ONE, ['v1'])
  await a.run('rule')
  await put(b.user, REPOSITORY, TWO, ['v1'])
  const { id, state, failed } = await a.run('rule')
  expect([state, failed]).toEqual(['failed', 1])
  expect((await a.log(id))[`${REPOSITORY}:v1`]).toMatch(/^failed: the tag v1 is immutable in the project team \(rule 1/)
  link.requests = []
  a.berth.clock.advance(3_600_000)
  await a.engine.run()
  expect(link.requests).toEqual([])
})

test('a change waits as long as the remote cannot be reached, and is sent then', async () => {
  const { a, b, link } = await open({ onEvent: true })
  link.isCut = true
  await put(a.user, REPOSITORY, ONE, ['v1'])
  for (let attempt = 0; attempt < 30; attempt++) {
    await a.engine.run()
    a.berth.clock.advance(600_000)
  }
  expect(await a.queued()).toBe(1)
  link.isCut = false
  await a.engine.run()
  expect(await b.tags(REPOSITORY)).toEqual({ v1: ONE.digest })
  expect(await a.queued()).toBe(0)
})

test('a whole run waits for the link, goes on where it was, and fails after half an hour', async () => {
  const { a, b, link } = await open({ concurrency: 1 })
  await put(
    a.user,
    REPOSITORY,
    ONE,
    Array.from({ length: 250 }, (_, n) => `v${1000 + n}`),
  )
  let asked = 0
  link.before = async () => {
    if (++asked === 450) link.isCut = true
  }
  const { id } = await a.run('rule')
  expect((await requireExecution(a.berth.app.management, id)).state).toBe('running')
  const before = Object.keys(await b.tags(REPOSITORY)).length
  expect(before).toBeGreaterThan(0)
  link.isCut = false
  link.requests = []
  for (let round = 0; round < 8; round++) {
    a.berth.clock.advance(600_000)
    await a.engine.run()
  }
  const done = await requireExecution(a.berth.app.management, id)
  expect([done.state, done.copied + done.present]).toEqual(['done', 250])
  // The pages that were done are not looked at again.
  expect(link.requests.some((each) => each.endsWith(' v1000'))).toBe(false)

  link.isCut = true
  const cut = await a.run('rule')
  for (let round = 0; round < 14; round++) {
    a.berth.clock.advance(600_000)
    await a.engine.run()
  }
  const failed = await requireExecution(a.berth.app.management, cut.id)
  expect([failed.state, failed.error]).toEqual(['failed', 'the link is cut'])
})

test('a run that was killed goes on in another process', async () => {
  const { a, b, link } = await open({ concurrency: 1 })
  await put(
    a.user,
    REPOSITORY,
    ONE,
    Array.from({ length: 250 }, (_, n) => `v${1000 + n}`),
  )
  const killed = new AbortController()
  let asked = 0
  link.before = async () => {
    if (++asked === 700) killed.abort()
  }
  const id = await a.start('rule')
  await a.engine.run(killed.signal)
  expect((await requireExecution(a.berth.app.management, id)).state).toBe('running')
  link.requests = []
  await a.engine.run()
  expect(await requireExecution(a.berth.app.management, id)).toMatchObject({ state: 'done', failed: 0 })
  expect(Object.keys(await b.tags(REPOSITORY)).length).toBe(250)
  expect(link.requests.some((each) => each.endsWith(' v1000'))).toBe(false)
})

test('what failed can be tried again, and what runs can be stopped', async () => {
  const { a, b } = await open()
  const { management: m } = b.berth.app
  const project = await createProject(m, BY, { name: 'team' })
  await addImmutability(m, BY, project, { tags: 'v1' })
  await put(b.user, REPOSITORY, TWO, ['v1'])
  await put(a.user, REPOSITORY, ONE, ['v1', 'v2'])
  const { id, failed } = await a.run('rule')
  expect(failed).toBe(1)
  await b.user.deleteTag(REPOSITORY, 'v1').catch(() => undefined)
  const again = await retryExecution(a.berth.app.management, BY, id)
  await a.engine.run()
  expect(Object.keys(await a.log(again.id))).toEqual([`${REPOSITORY}:v1`])

  const stopped = await a.start('rule')
  await stopExecution(a.berth.app.management, BY, stopped)
  await a.engine.run()
  expect((await requireExecution(a.berth.app.management, stopped)).state).toBe('stopped')
})

test.each([
  ['fail', 'failed'],
  ['are stopped', 'stopped'],
  ['cannot begin', 'failed'],
] as const)('of executions that %s as a whole the last hundred are kept', async (how, state) => {
  const b = await openSide({})
  const a: Side = await openSide({
    b: () => {
      if (how === 'cannot begin') throw new Error('no password')
      const place = b.as('geo-a')
      const tagPage = () => Promise.reject(new RemoteError('refused', 'not today'))
      return { ...new Link().through(place), tagPage }
    },
  })
  sides.push(a, b)
  await a.addRule('rule', { remote: 'b', direction: 'pull', body: { repositories: REPOSITORY } })
  const { management: m, database } = a.berth.app
  for (let n = 0; n < 103; n++) {
    const id = await a.start('rule')
    if (how === 'are stopped') await stopExecution(m, BY, id)
    await a.engine.run()
    expect((await requireExecution(m, id)).state).toBe(state)
  }
  const { count } = await database.reader.db
    .selectFrom('replication_executions')
    .select((eb) => eb.fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  expect(Number(count)).toBe(100)
})

const LATER = { retryAfterMs: 20_000 }

test.each([
  ['answered', undefined, 'copied: it was deleted here meanwhile'],
  ['not answered', new RemoteError('failed', 'the answer was lost', LATER), 'copied: it was deleted here meanwhile'],
  ['cut', new RemoteError('unreachable', 'the answer was lost'), undefined],
] as const)(
  'a repository that is deleted while its tags are pushed (%s): they are known, and go with a rule that deletes',
  async (_, error, line) => {
    const { a, b, link } = await open({ concurrency: 1 })
    await put(a.user, REPOSITORY, ONE, ['v1'])
    const { registry, management: m } = a.berth.app
    link.after = async (what) => {
      if (!what.startsWith('putManifest')) return
      await deleteRepository(registry, { repository: parseRepositoryName(REPOSITORY), actor: OPERATOR }, '')
      if (error !== undefined) throw error
    }
    const { id } = await a.run('rule')
    expect(await b.tags(REPOSITORY)).toEqual({ v1: ONE.digest })
    for (let round = 0; round < 3; round++) {
      a.berth.clock.advance(60_000)
      await a.engine.run()
    }
    expect((await a.log(id))[`${REPOSITORY}:v1`]).toBe(line)
    await changeRule(m, BY, 'rule', { body: { deletes: true } })
    await a.run('rule')
    expect(await b.tags(REPOSITORY)).toEqual({})
  },
)

test('what a stopped execution left is what retry goes on with', async () => {
  const { a, b, link } = await open({ concurrency: 1 })
  const { management: m } = a.berth.app
  const tags = Array.from({ length: 150 }, (_, n) => `v${1000 + n}`)
  await put(a.user, REPOSITORY, ONE, tags)
  const id = await a.start('rule')
  link.before = async (what) => {
    if (what === `resolve ${REPOSITORY} v1120`) await stopExecution(m, BY, id)
  }
  await a.engine.run()
  expect((await requireExecution(m, id)).state).toBe('stopped')
  Object.assign(link, { requests: [], before: async () => undefined })
  const again = await retryExecution(m, BY, id)
  await a.engine.run()
  expect((await requireExecution(m, again.id)).state).toBe('done')
  expect(Object.keys(await b.tags(REPOSITORY))).toEqual(tags)
  expect(link.requests.some((each) => each.endsWith(' v1000'))).toBe(false)
  expect(retryExecution(m, BY, again.id)).rejects.toThrow(`nothing is left to do of execution ${again.id}`)
})

test('of a remote that fails half of the requests everything is brought', async () => {
  const { a, b, link } = await open()
  const images = Array.from({ length: 20 }, (_, n) => testImage(n))
  for (const [n, image] of images.entries()) await put(a.user, REPOSITORY, image, [`v${100 + n}`])
  let state = 12_345
  link.before = async () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    if (state > 2 ** 30) throw new RemoteError('failed', 'the remote answered with status 503')
  }
  const { id } = await a.run('rule')
  for (let minute = 0; minute < 30; minute++) {
    a.berth.clock.advance(60_000)
    await a.engine.run()
  }
  const { state: end, copied, present } = await requireExecution(a.berth.app.management, id)
  expect([end, copied + present]).toEqual(['done', 20])
  expect(Object.keys(await b.tags(REPOSITORY)).length).toBe(20)
})

test('a schedule starts a run when it is due', async () => {
  const { a, b } = await open({ schedule: '0 3 * * *' })
  await put(a.user, REPOSITORY, ONE, ['v1'])
  await a.engine.run()
  expect(await b.tags(REPOSITORY)).toEqual({})
  a.berth.clock.advance(3 * 3_600_000)
  await a.engine.run()
  expect(Object.keys(await b.tags(REPOSITORY))).toEqual(['v1'])
})

test.each([
  ['keep', TWO.digest, 'conflict: the tag was changed on both sides; both stay as they are'],
  ['source', THREE.digest, 'copied'],
] as const)('with "%s" a tag that both sides changed', async (conflicts, there, line) => {
  const { a, b } = await open({ conflicts })
  await put(a.user, REPOSITORY, ONE, ['v1'])
  await a.run('rule')
  await put(b.user, REPOSITORY, TWO, ['v1'])
  await put(a.user, REPOSITORY, THREE, ['v1'])
  const { id } = await a.run('rule')
  expect((await a.log(id))[`${REPOSITORY}:v1`]).toBe(line)
  expect((await b.tags(REPOSITORY)).v1).toBe(there)
})

test('what comes from a remote is not sent back to it, but goes on to others', async () => {
  const links = { b: new Link(), c: new Link() }
  const c = await openSide({})
  const a: Side = await openSide({ b: () => links.b.through(b.as('geo-a')), c: () => links.c.through(c.as('geo-a')) })
  const b: Side = await openSide({})
  sides.push(a, b, c)
  await a.addRule('from-b', { remote: 'b', direction: 'pull', body: {} })
  await a.addRule('to-b', { remote: 'b', direction: 'push', body: { onEvent: true, addPrefix: 'copy/' } })
  await a.addRule('to-c', { remote: 'c', direction: 'push', body: { onEvent: true } })
  await put(b.user, REPOSITORY, ONE, ['v1'])
  await a.run('from-b')
  await a.engine.run()
  expect(await c.tags(REPOSITORY)).toEqual({ v1: ONE.digest })
  expect(await b.tags(`copy/${REPOSITORY}`)).toEqual({})
})

test('a rule whose work is undone each time gives way', async () => {
  const { a, b, link } = await open({ conflicts: 'source' })
  await put(a.user, REPOSITORY, ONE, ['v1'])
  const states: string[] = []
  for (let round = 0; round < 5; round++) {
    const { id } = await a.run('rule')
    states.push((await a.log(id))[`${REPOSITORY}:v1`] ?? '')
    await put(b.user, REPOSITORY, TWO, ['v1'])
  }
  const left = 'skipped: the tag was changed there and not here; it stays as it is'
  expect(states).toEqual(['copied', 'copied', 'copied', left, left])
  expect(link.requests.filter((each) => each.startsWith('putManifest')).length).toBe(3)
})

test('a ring ends', async () => {
  const link = new Link()
  const ring: Side[] = []
  const next = (n: number) => () => link.through((ring[(n + 1) % 3] as Side).as('ring'))
  for (const n of [0, 1, 2]) ring.push(await openSide({ next: next(n) }))
  sides.push(...ring)
  for (const side of ring) await side.addRule('on', { remote: 'next', direction: 'push', body: { onEvent: true } })
  const [first, second] = ring as [Side, Side, Side]
  await Promise.all([
    put(first?.user ?? (second?.user as never), REPOSITORY, ONE, ['v1']),
    put(second?.user as never, REPOSITORY, TWO, ['v1']),
  ])
  let rounds = 0
  for (; rounds < 60; rounds++) {
    await Promise.all(ring.map(({ engine }) => engine.run()))
    for (const { berth } of ring) berth.clock.advance(5_000)
    if ((await Promise.all(ring.map((side) => side.queued()))).every((count) => count === 0)) break
  }
  expect(rounds).toBeLessThan(60)
  const [tags] = await Promise.all(ring.map((side) => side.tags(REPOSITORY)))
  for (const side of ring) expect(await side.tags(REPOSITORY)).toEqual(tags ?? {})
})
