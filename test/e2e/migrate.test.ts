import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { check } from '../conformance/support/check.ts'
import type { Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { COMMAND_FAILPOINTS } from '../faults/failpoints.ts'
import { hasPostgres, ON_POSTGRES } from '../support/postgres.ts'
import { describeWithGateway, gateway } from '../support/rgw.ts'
import { type Image, image, pushImage } from './support/images.ts'
import {
  at,
  checkPulls,
  fsckIsClean,
  migrate,
  type Place,
  type Places,
  rowsOf,
  run,
  summaryOf,
  withPlaces,
} from './support/moving.ts'
import { basic, bearer, registryAt } from './support/server.ts'
import { berth } from './support/command.ts'

setDefaultTimeout(600_000)

const NAME = 'team/app'
const PASSWORD = 'correct horse battery'
/** What a process returns that SIGKILL ended. */
const KILLED = 128 + 9
/** Once is enough: these run on both engines anyway. */
const isHere = hasPostgres && !ON_POSTGRES

/** Users, projects, robots, keys, rules, quotas and images with a history, some of them in the recycle bin. */
async function makeWorld(place: Place, places: Places) {
  await run(place, ['user', 'add', 'root', '--role', 'administrator'], `${PASSWORD}\n`)
  await run(place, ['project', 'add', 'team'])
  await run(place, ['user', 'add', 'ann'], `${PASSWORD}\n`)
  const [robot, key] = [
    await run(place, ['robot', 'add', 'builder', '--project', 'team']),
    await run(place, ['key', 'add', 'ann', 'laptop']),
  ]
  await run(place, ['grant', 'add', 'team', 'user:ann', 'writer'])
  await run(place, ['quota', 'set', 'team', '--tags', '10000'])
  await run(place, ['immutability', 'add', 'team', 'release-*'])
  const server = await places.start(place, basic('root', PASSWORD))
  const target = { registry: server, name: NAME }
  const images = new Map<string, Image>()
  for (const tag of ['v1', 'v2', 'release-1']) {
    const pushed = image(`move/${tag}`, {}, 40_000)
    await pushImage(target, pushed, tag)
    images.set(tag, pushed)
  }
  // One tag moves, and one image goes to the recycle bin.
  const before = image('move/latest-1')
  await pushImage(target, before, 'latest')
  const latest = image('move/latest-2', {}, 20_000)
  await pushImage(target, latest, 'latest')
  images.set('latest', latest)
  const gone = image('move/gone', {}, 30_000)
  await pushImage(target, gone, 'gone')
  check(await server.send('DELETE', m.manifestPath(NAME, gone.manifest.digest)), { status: 202 })
  return { server, images, robot: robot.split('\n').at(-1) ?? '', key: key.split('\n').at(-1) ?? '', gone, before }
}

async function tokenAt(registry: Registry, name: string, password: string): Promise<string> {
  const answer = await registry.send('GET', '/token', {
    query: { service: 'berth', scope: `repository:${NAME}:pull` },
    headers: basic(name, password),
  })
  return check(answer, { status: 200 }) && JSON.parse(answer.text).token
}

/** Asks for manifests and blobs until it is told to stop. */
function keepPulling(registry: Registry, { manifest, layer }: Image) {
  const failures: string[] = []
  let [isOn, pulls] = [true, 0]
  const ended = (async () => {
    while (isOn) {
      for (const path of [
        m.manifestPath(NAME, 'v1'),
        m.manifestPath(NAME, manifest.digest),
        `/v2/${NAME}/blobs/${layer.digest}`,
      ]) {
        const status = await registry.send('GET', path).then((answer) => answer.status, String)
        if (status !== 200) failures.push(`${path}: ${status}`)
      }
      pulls++
    }
  })()
  return {
    stop: async () => {
      isOn = false
      await ended
      return { pulls, failures }
    },
  }
}

/** Pushes image after image until one is refused; says which were acknowledged and how the refusal was worded. */
function keepPushing(registry: Registry, lane: string) {
  const pushed = new Map<string, Image>()
  const refused: string[] = []
  const ended = (async () => {
    for (let count = 0; ; count++) {
      const [tag, next] = [`${lane}-${count}`, image(`move/${lane}-${count}`, {}, 30_000)]
      try {
        await pushImage({ registry, name: NAME }, next, tag)
        pushed.set(tag, next)
      } catch (error) {
        refused.push(tag)
        return String(error)
      }
    }
  })()
  return { pushed, refused, ended }
}

describe.skipIf(!isHere)('a registry that moves', () => {
  test('to PostgreSQL and other files and back is the same, and nobody who pulls notices', async () => {
    await withPlaces(async (places) => {
      const first: Place = { data: places.folder() }
      const { server, images, robot, key, gone, before } = await makeWorld(first, places)
      const token = await tokenAt(server, 'root', PASSWORD)
      const pulling = keepPulling(registryAt(server.running.url, basic('ann', key)), images.get('v1') ?? gone)
      const pushing = keepPushing(server, 'during')
      const second: Place = { data: places.folder(), database: await places.database() }
      const moved = summaryOf(await migrate(first, second))
      expect(moved.start).toBe(`berth serve --data ${second.data} --database ${second.database}`)

      // What is pushed after the switch is refused with a word, and what was acknowledged is there.
      expect(await pushing.ended).toContain('503')
      const answer = await server.send('POST', `/v2/${NAME}/blobs/uploads/`)
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30'])
      expect(answer.text).toContain('moving to another place, or has moved')
      expect(pushing.pushed.size).toBeGreaterThan(0)
      // A sign-in that was not seen before works on the old server too.
      await tokenAt(server, 'ann', key)
      check(await server.send('GET', '/readyz'), { status: 200 })
      const { failures, pulls } = await pulling.stop()
      expect(failures).toEqual([])
      expect(pulls).toBeGreaterThan(3)
      expect(await server.running.stop()).toBe(0)
      expect(await berth(['user', 'add', 'late', ...at(first)], { input: `${PASSWORD}\n` })).toMatchObject({ code: 1 })
      expect(await rowsOf(second)).toEqual(await rowsOf(first))
      await fsckIsClean(second)

      const there = await places.start(second, basic('root', PASSWORD))
      await checkPulls(there, NAME, images)
      await checkPulls(there, NAME, pushing.pushed)
      for (const tag of pushing.refused) check(await there.send('GET', m.manifestPath(NAME, tag)), { status: 404 })
      for (const [name, secret] of [
        ['ann', key],
        ['robot.team.builder', robot],
      ] as const)
        expect(await tokenAt(there, name, secret)).not.toBe('')
      const known = registryAt(there.running.url, bearer(token))
      check(await known.send('GET', m.manifestPath(NAME, 'v1')), { status: 200 })
      // Rules and history moved too.
      await expect(pushImage({ registry: there, name: NAME }, image('move/other'), 'release-1')).rejects.toThrow()
      expect(await run(second, ['roll-back', `${NAME}:latest`, '--to', before.manifest.digest])).toContain('latest')
      await pushImage({ registry: there, name: NAME }, image('move/after', {}, 30_000), 'after')
      expect(await run(second, ['audit', 'verify'])).toContain('the chain is whole')

      // Back, while it serves.
      const third: Place = { data: places.folder() }
      summaryOf(await migrate(second, third))
      expect((await there.send('POST', `/v2/${NAME}/blobs/uploads/`)).status).toBe(503)
      check(await there.send('GET', m.manifestPath(NAME, 'v1')), { status: 200 })
      expect(await there.running.stop()).toBe(0)
      expect(await rowsOf(third)).toEqual(await rowsOf(second))
      await fsckIsClean(third)
      const home = await places.start(third, basic('root', PASSWORD))
      images.delete('latest')
      await checkPulls(home, NAME, images)
      await pushImage({ registry: home, name: NAME }, image('move/home', {}, 30_000), 'home')
      await run(third, ['audit', 'verify'])
    })
  })

  test('changes only its storage: the old server refuses, the new one goes on', async () => {
    await withPlaces(async (places) => {
      const database = await places.database()
      const [old, next]: Place[] = [
        { data: places.folder(), database },
        { data: places.folder(), database },
      ]
      if (old === undefined || next === undefined) throw new Error('two places')
      const server = await places.start(old)
      const first = image('move/first', {}, 40_000)
      await pushImage({ registry: server, name: NAME }, first, 'first')
      expect(summaryOf(await migrate(old, next)).copied).toBe(1)
      expect((await server.send('POST', `/v2/${NAME}/blobs/uploads/`)).status).toBe(503)
      await checkPulls(server, NAME, new Map([['first', first]]))
      const there = await places.start(next)
      await checkPulls(there, NAME, new Map([['first', first]]))
      await pushImage({ registry: there, name: NAME }, image('move/second', {}, 40_000), 'second')
      await fsckIsClean(next)
      // Going back would lose that.
      const undone = await berth(['migrate', '--undo', ...at(next)])
      expect(undone).toMatchObject({ code: 1, stderr: expect.stringContaining('--lose-changes') })
    })
  })
})

async function withTwoImages(places: Places): Promise<{ from: Place; images: ReadonlyMap<string, Image> }> {
  const from: Place = { data: places.folder() }
  const server = await places.start(from)
  const images = new Map([
    ['a', image('move/a', {}, 40_000)],
    ['b', image('move/b', {}, 40_000)],
  ])
  for (const [tag, pushed] of images) await pushImage({ registry: server, name: NAME }, pushed, tag)
  expect(await server.running.stop()).toBe(0)
  return { from, images }
}

const takesChanges = async (place: Place, name: string) =>
  (await berth(['project', 'add', name, ...at(place)])).code === 0

describe.skipIf(!isHere)('a move that is killed', () => {
  test.each([...COMMAND_FAILPOINTS.move])(
    'at %s goes on when it is run again, to PostgreSQL and back',
    async (failpoint) => {
      await withPlaces(async (places) => {
        const { from, images } = await withTwoImages(places)
        const to: Place = { data: places.folder(), database: await places.database() }
        const back: Place = { data: places.folder() }
        for (const [source, target] of [
          [from, to],
          [to, back],
        ] as const) {
          expect((await migrate(source, target, { failpoint })).code).toBe(KILLED)
          // One of the two is the registry, never both.
          expect(await takesChanges(source, `killed-${target.data.at(-1)}`)).toBe(failpoint !== 'move.after-marker')
          if (target.database !== undefined)
            expect(await takesChanges(target, `killed-${target.data.at(-1)}`)).toBe(false)
          const before = await rowsOf(source)
          expect(await migrate(source, target)).toMatchObject({ code: 0 })
          expect(await takesChanges(source, 'later')).toBe(false)
          expect(await rowsOf(target)).toEqual({ ...before, audit: expect.any(Array), audit_inbox: expect.any(Array) })
          await fsckIsClean(target)
          // Once more says the same and does no harm.
          expect(await migrate(source, target)).toMatchObject({ code: 0 })
        }
        await checkPulls(await places.start(back), NAME, images)
      })
    },
  )
})

describeWithGateway('a registry that moves to a bucket', () => {
  test.skipIf(!isHere)('and comes back, with the same keys, tags and bytes', async () => {
    await withPlaces(async (places) => {
      const { from, images } = await withTwoImages(places)
      const { endpoint, keyFile, makeBucket } = await gateway()
      const storage = `s3://${await makeBucket()}/moved?endpoint=${endpoint}&accessKeyFile=${keyFile}`
      const there: Place = { data: places.folder(), database: await places.database(), storage }
      expect(summaryOf(await migrate(from, there)).copied).toBe(2)
      await fsckIsClean(there)
      const server = await places.start(there)
      await checkPulls(server, NAME, images)
      const more = image('move/bucket', {}, 40_000)
      await pushImage({ registry: server, name: NAME }, more, 'bucket')
      const back: Place = { data: places.folder() }
      expect(summaryOf(await migrate(there, back)).copied).toBe(3)
      expect((await server.send('POST', `/v2/${NAME}/blobs/uploads/`)).status).toBe(503)
      await checkPulls(server, NAME, images)
      await fsckIsClean(back)
      await checkPulls(await places.start(back), NAME, new Map([...images, ['bucket', more]]))
    })
  })
})

describe.skipIf(!isHere)('a move', () => {
  test('is undone as long as the new place was not used, and made again', async () => {
    await withPlaces(async (places) => {
      const { from, images } = await withTwoImages(places)
      const to: Place = { data: places.folder(), database: await places.database() }
      summaryOf(await migrate(from, to))
      const home = ['--to-database', to.database ?? '', '--to-storage', `file:${to.data}`]
      expect((await berth(['migrate', '--undo', ...home, ...at(from)])).code).toBe(0)
      expect(await takesChanges(from, 'again')).toBe(true)
      expect(await takesChanges(to, 'again')).toBe(false)

      summaryOf(await migrate(from, to))
      expect(await run(to, ['project', 'list'])).toContain('again')
      expect(await takesChanges(to, 'new')).toBe(true)
      const late = await berth(['migrate', '--undo', ...home, ...at(from)])
      expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('--lose-changes') })
      await checkPulls(await places.start(to), NAME, images)
    })
  })

  test('refuses what cannot be meant, in a sentence', async () => {
    await withPlaces(async (places) => {
      const { from } = await withTwoImages(places)
      const used: Place = { data: places.folder(), database: await places.database() }
      await run(used, ['project', 'add', 'other'])
      const full = places.folder()
      await places
        .start({ data: full })
        .then((server) => pushImage({ registry: server, name: NAME }, image('x', {}, 40_000), 'x'))
      for (const [words, message] of [
        [[], 'say where to'],
        [['--to-database', `sqlite:${from.data}`], 'there already'],
        [['--to-database', used.database ?? ''], 'is in use'],
        [['--to-storage', `file:${places.folder()}`], 'lie in one data folder'],
        [['--to-database', await places.database(), '--to-storage', `file:${full}`], 'berth.lock'],
        [['--to-database', 'mysql://u:secret@h/d'], 'is no database'],
        [['--to-storage', 'ftp://h/d'], 'is no storage'],
        [['--to-database', 'postgres://nobody:secret@127.0.0.1:1/none'], 'cannot be reached'],
      ] as const) {
        const refused = await berth(['migrate', ...at(from), ...words])
        expect({ words, code: refused.code, said: refused.stderr }).toEqual({
          words,
          code: 1,
          said: expect.stringContaining(message),
        })
        expect(refused.stderr).not.toContain('secret')
      }
      expect(await takesChanges(from, 'still')).toBe(true)
    })
  })
})
