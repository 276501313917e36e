import { afterEach, beforeEach, describe, expect, it, setDefaultTimeout, spyOn } from 'bun:test'
import { sql } from 'kysely'
import { z } from 'zod'
import { type Content, content } from '../conformance/support/content.ts'
import { BLOBS, imageOf, QuotaWorld, type Told } from '../properties/quota-world.ts'
import { ON_POSTGRES } from '../support/postgres.ts'

setDefaultTimeout(60_000)

let world: QuotaWorld

beforeEach(async () => {
  world = await QuotaWorld.open()
})
afterEach(async () => {
  expect(await world.fsck()).toEqual([])
  expect(world.errors).toEqual([])
  await world.close()
})

const PIECE_BYTES = 10_000
const BLOB_BYTES = 100_000

function blobOf(label: string | number, sizeBytes = BLOB_BYTES): Content {
  return content(`${label}/`.padEnd(sizeBytes, 'x'))
}

/** Bytes that come a piece at a time, and how many of them were taken. */
function streamOf({ bytes }: Content): { body: ReadableStream<Uint8Array>; taken: () => number } {
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve))
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.slice(at, at + PIECE_BYTES))
        at += PIECE_BYTES
      },
    },
    { highWaterMark: 0 },
  )
  return { body, taken: () => at }
}

interface Push extends Told {
  /** Of the blob, until the answer came. */
  readonly takenBytes: number
}

/** As clients do: a session, the bytes, and the digest. */
async function pushInSession(repository: string, blob: Content, declared: boolean): Promise<Push> {
  const started = await world.send('POST', `/v2/${repository}/blobs/uploads/`)
  if (started.status !== 202) return { ...started, takenBytes: 0 }
  const { body, taken } = streamOf(blob)
  const length: Record<string, string> = declared ? { 'content-length': `${blob.bytes.length}` } : {}
  const sent = await world.send('PATCH', started.location, body, length)
  if (sent.status !== 202) return { ...sent, takenBytes: taken() }
  return { ...(await finish(sent.location, blob)), takenBytes: taken() }
}

async function finish(location: string, { digest }: Content): Promise<Told> {
  return world.send('PUT', `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`)
}

async function used(project = 'team'): Promise<number> {
  return (await world.compare()).find((each) => each.project === project)?.counted.bytes ?? Number.NaN
}

async function reservations(): Promise<readonly { bytes: number }[]> {
  return world.app.database.reader.db.selectFrom('quota_reservations').select('bytes').execute()
}

const quotaBody = z.object({
  bytes: z.object({ limit: z.number().optional(), used: z.number(), reserved: z.number(), inBin: z.number() }),
  warning: z.boolean(),
})

async function quotaShown(project = 'team') {
  const answer = await world.send('GET', `/api/v1/projects/${project}/quota`)
  return quotaBody.parse(JSON.parse(answer.text))
}

describe('20 pushes at once at the edge of a quota', () => {
  const ways: Readonly<Record<string, (repository: string, blob: Content) => Promise<Push>>> = {
    'in sessions that say the length': (repository, blob) => pushInSession(repository, blob, true),
    'in sessions that do not': (repository, blob) => pushInSession(repository, blob, false),
    'each in one request': async (repository, blob) => {
      const { body, taken } = streamOf(blob)
      const path = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`
      const told = await world.send('POST', path, body, { 'content-length': `${blob.bytes.length}` })
      return { ...told, takenBytes: taken() }
    },
  }
  it.each(Object.keys(ways))('%s: as many as fit, and never more', async (way) => {
    await world.setQuota('team', { bytes: 5 * BLOB_BYTES + BLOB_BYTES / 2 })
    const pushes = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => ways[way]?.(`team/r${index % 3}`, blobOf(index))),
    )
    const won = pushes.filter((push) => push?.status === 201)
    const lost = pushes.filter((push) => push?.status === 403)
    expect({ won: won.length, lost: lost.length }).toEqual({ won: 5, lost: 15 })
    expect(await used()).toBe(5 * BLOB_BYTES)
    for (const push of lost) {
      expect(push?.text).toContain('"code":"DENIED"')
      expect(push?.excess).toMatchObject({ project: 'team', resource: 'bytes', limit: 5.5 * BLOB_BYTES })
      // Whoever said how much was refused before any of it was taken.
      if (way.includes('do not')) expect(push?.takenBytes).toBeLessThanOrEqual(BLOB_BYTES)
      else expect(push?.takenBytes).toBe(0)
    }
    expect(await reservations()).toEqual([])
    expect((await world.push('team/r0', blobOf('last', BLOB_BYTES / 2))).status).toBe(201)
  })
})

describe('bytes of uploads under way', () => {
  it('are set aside until the upload is finished, cancelled or idle', async () => {
    await world.setQuota('team', { bytes: 250_000 })
    const first = blobOf('first')
    const open = await world.send('POST', '/v2/team/a/blobs/uploads/')
    const sent = await world.send('PATCH', open.location, first.bytes)
    expect(await quotaShown()).toMatchObject({ bytes: { used: 0, reserved: 100_000 } })
    const refused = await world.push('team/b', blobOf('large', 200_000))
    expect(refused.excess).toEqual({
      ...{ reason: 'quota', project: 'team', resource: 'bytes' },
      ...{ limit: 250_000, used: 0, reserved: 100_000, wanted: 200_000 },
    })
    expect(refused.text).toContain('97.65 KiB (100000 bytes) are reserved')
    expect((await finish(sent.location, first)).status).toBe(201)
    expect(await quotaShown()).toMatchObject({ bytes: { used: 100_000, reserved: 0 } })

    const second = await world.send('POST', '/v2/team/a/blobs/uploads/')
    await world.send('PATCH', second.location, blobOf('second').bytes)
    expect((await world.push('team/b', blobOf('third'))).status).toBe(403)
    expect((await world.send('DELETE', second.location)).status).toBe(204)
    expect((await world.push('team/b', blobOf('third'))).status).toBe(201)

    const forgotten = await world.send('POST', '/v2/team/a/blobs/uploads/')
    await world.send('PATCH', forgotten.location, blobOf('forgotten', 50_000).bytes)
    expect((await world.push('team/b', blobOf('small', 10))).status).toBe(403)
    world.clock.advance(61 * 60 * 1000)
    expect((await world.push('team/b', blobOf('small', 10))).status).toBe(201)
    const late = await world.send('PUT', `${forgotten.location}?digest=${blobOf('forgotten', 50_000).digest}`)
    expect(late.status).toBe(403)
    expect(await used()).toBe(200_010)
  })

  it('leave mounts what they do not need, and what the project holds costs nothing', async () => {
    await world.createProject('free')
    const outside = blobOf('outside')
    await world.push('free/x', outside)
    await world.setQuota('team', { bytes: 150_000 })
    const open = await world.send('POST', '/v2/team/a/blobs/uploads/')
    const sent = await world.send('PATCH', open.location, blobOf('inside').bytes)
    expect((await world.mount('team/b', 'free/x', outside)).excess).toMatchObject({ reserved: 100_000 })
    expect((await finish(sent.location, blobOf('inside'))).status).toBe(201)
    expect((await world.mount('team/b', 'team/a', blobOf('inside'))).status).toBe(201)
    expect((await world.mount('team/b', 'free/x', outside)).status).toBe(403)
    expect(await used()).toBe(100_000)
  })

  it('are refused when they are committed, if nobody could refuse them before', async () => {
    const blob = blobOf('early')
    const open = await world.send('POST', '/v2/team/a/blobs/uploads/')
    const sent = await world.send('PATCH', open.location, blob.bytes)
    await world.setQuota('team', { repositories: 0 })
    expect((await finish(sent.location, blob)).excess).toMatchObject({ resource: 'repositories', limit: 0, wanted: 1 })
    expect((await world.send('GET', `/v2/team/a/blobs/${blob.digest}`)).status).toBe(404)
    expect((await finish(sent.location, blob)).status).toBe(404)
    expect(await world.app.database.reader.db.selectFrom('blobs').selectAll().execute()).toEqual([])
  })

  it('are refused from the start when nothing is left', async () => {
    await world.push('team/a', blobOf('full'))
    await world.setQuota('team', { bytes: BLOB_BYTES })
    const refused = await world.send('POST', '/v2/team/a/blobs/uploads/')
    expect(refused.excess).toMatchObject({ used: BLOB_BYTES, wanted: 1 })
  })

  it('take more of what is left in steps, without one transaction for each piece', async () => {
    await world.setQuota('team', { bytes: 2 ** 40 })
    // The first request of somebody is noted in the audit.
    await world.push('team/a', blobOf('earlier'))
    const writes = spyOn(world.app.database, 'writeQuietly')
    expect((await pushInSession('team/a', blobOf('flowing', 2_000_000), false)).status).toBe(201)
    // Of 200 pieces the first, their end, and the closing request.
    expect(writes).toHaveBeenCalledTimes(3)
  })
})

describe('a quota that is nearly used up', () => {
  it('is said once, in the log, in the audit and in the API, and again after there was more', async () => {
    await world.setQuota('team', { bytes: 100_000 })
    const warnings = async () => {
      await world.app.management.recorder.seal()
      const rows = await world.app.database.reader.db.selectFrom('audit').selectAll().execute()
      const audited = rows.filter(({ action, target }) => action === 'quota.warning' && target === 'project:team')
      return {
        audited: audited.length,
        logged: world.warnings.filter((line) => line.includes('nearly used up')).length,
      }
    }
    const last = blobOf('second', 35_000)
    await world.push('team/a', blobOf('first', 49_999))
    await world.push('team/a', last)
    expect(await warnings()).toEqual({ audited: 0, logged: 0 })
    expect((await quotaShown()).warning).toBe(false)
    await world.push('team/a', blobOf('t', 1))
    await world.push('team/a', blobOf('another', 100))
    expect(await warnings()).toEqual({ audited: 1, logged: 1 })
    expect((await quotaShown()).warning).toBe(true)
    await world.deleteBlob('team/a', last)
    expect((await quotaShown()).warning).toBe(false)
    await world.push('team/a', last)
    expect(await warnings()).toEqual({ audited: 2, logged: 2 })
  })
})

describe('limits', () => {
  it('below what is there take nothing away, and only additions are refused', async () => {
    const [small = blobOf(1), other = blobOf(2)] = BLOBS
    await world.push('team/a', small)
    await world.putImage('team/a', 'one', [small])
    expect((await world.setQuota('team', { bytes: 0, repositories: 0, tags: 0 })).status).toBe(200)
    expect((await world.putImage('team/a', 'one', [small])).status).toBe(201)
    expect((await world.putImage('team/a', 'two', [small])).status).toBe(403)
    expect((await world.push('team/a', other)).status).toBe(403)
    expect((await world.mount('team/b', 'team/a', small)).status).toBe(403)
    expect((await world.deleteReference('team/a', 'one')).status).toBe(200)
  })

  it('need one at least, and end when they are removed', async () => {
    expect((await world.setQuota('team', {})).status).toBe(409)
    await world.setQuota('team', { bytes: 0 })
    expect((await world.push('team/a', blobOf('x'))).status).toBe(403)
    expect((await world.removeQuota('team')).status).toBe(200)
    expect((await world.push('team/a', blobOf('x'))).status).toBe(201)
    expect((await world.removeQuota('team')).status).toBe(409)
  })

  it('say what is used, with and without a quota, and what waits in the recycle bin', async () => {
    const [one = blobOf(1), two = blobOf(2)] = BLOBS
    for (const [name, blobs] of [
      ['team/a', [one, two]],
      ['team/b', [one]],
      ['team', [one]],
    ] as const) {
      for (const blob of blobs) await world.push(name, blob)
      await world.putImage(name, 'one', blobs)
    }
    const usage = async () => JSON.parse((await world.send('GET', '/api/v1/projects/team/usage')).text) as unknown
    const [large, small] = [imageOf([one, two]).bytes.length, imageOf([one]).bytes.length]
    const bytes = 110 + large + 2 * small
    const empty = { bytes: 0, repositories: 0, manifests: 0 }
    const all = { bytes, inBin: 0, repositories: 3, tags: 3, recycleBin: empty }
    expect(await usage()).toEqual(all)
    await world.setQuota('team', { tags: 100 })
    expect(await usage()).toEqual(all)
    await world.deleteRepository('team/a')
    await world.deleteRepository('team')
    const inBin = 100 + large + small
    const recycleBin = { bytes: inBin, repositories: 2, manifests: 2 }
    const left = { bytes, inBin, repositories: 1, tags: 1, recycleBin }
    expect(await usage()).toEqual(left)
    await world.removeQuota('team')
    expect(await usage()).toEqual(left)
  })
})

describe('what was deleted', () => {
  const image = blobOf('image')

  async function pushImage(repository: string, blob = image): Promise<Told> {
    const told = await world.push(repository, blob)
    return told.status === 201 ? world.putImage(repository, 'one', [blob]) : told
  }

  async function storedBytes(): Promise<number> {
    const blobs = await world.app.database.reader.db.selectFrom('blobs').select('size').execute()
    return blobs.reduce((sum, { size }) => sum + size, 0)
  }

  it('as a repository counts until it is gone for good: deleting makes no room for more', async () => {
    await world.setQuota('team', { bytes: 1.5 * BLOB_BYTES })
    expect((await pushImage('team/a')).status).toBe(201)
    const before = await used()
    for (let round = 0; round < 3; round++) {
      await world.deleteRepository('team/a')
      await world.collect()
      expect((await pushImage('team/a', blobOf(round))).excess).toMatchObject({ used: before })
    }
    expect(await storedBytes()).toBe(BLOB_BYTES)
    expect(await quotaShown()).toMatchObject({ bytes: { used: before, inBin: before } })
    await world.purge()
    expect(await quotaShown()).toMatchObject({ bytes: { used: 0, inBin: 0 } })
    expect((await pushImage('team/a', blobOf('fits'))).status).toBe(201)
  })

  it('and is held by something visible too goes on counting when the recycle bin is emptied', async () => {
    await world.setQuota('team', { bytes: 10 * BLOB_BYTES })
    await pushImage('team/a')
    await pushImage('team/b')
    const all = await used()
    await world.deleteRepository('team/a')
    const inBin = imageOf([image]).bytes.length
    expect(await quotaShown()).toMatchObject({ bytes: { used: all, inBin } })
    await world.purge()
    expect(await quotaShown()).toMatchObject({ bytes: { used: all - inBin, inBin: 0 } })
  })

  it('as a repository goes and comes without a look at its blobs, and within the limits', async () => {
    await world.setQuota('team', { repositories: 1 })
    await pushImage('team/a')
    const refusing = ON_POSTGRES
      ? [
          "create function counted() returns trigger language plpgsql as $$ begin raise 'counted'; end $$",
          'create trigger no_change before insert or update or delete on quota_blobs for each row execute function counted()',
        ]
      : ['insert', 'update', 'delete'].map(
          (change) =>
            `create trigger no_${change} before ${change} on quota_blobs begin select raise(abort, 'counted'); end`,
        )
    await world.app.database.write(async ({ db }) => {
      for (const statement of refusing) await sql.raw(statement).execute(db)
    })
    expect((await world.deleteRepository('team/a')).status).toBe(200)
    const [deletion = 0] = await world.deletionIds()
    expect((await world.restore(deletion)).status).toBe(200)
    expect((await world.deleteRepository('team/a')).status).toBe(200)
    await world.setQuota('team', { repositories: 0 })
    const [again = 0] = await world.deletionIds()
    expect((await world.restore(again)).excess).toMatchObject({ resource: 'repositories', wanted: 1 })
  })

  it('takes its bytes along when it comes back in another project', async () => {
    await world.setQuota('team', { bytes: 2 * BLOB_BYTES })
    await world.setQuota('other', { bytes: BLOB_BYTES })
    await pushImage('team/a')
    const bytes = await used()
    await world.deleteRepository('team/a')
    const [deletion = 0] = await world.deletionIds()
    expect((await world.restore(deletion, 'other/a')).excess).toMatchObject({ project: 'other', wanted: bytes })
    expect(await used()).toBe(bytes)
    await world.setQuota('other', { bytes: 2 * BLOB_BYTES })
    expect((await world.restore(deletion, 'other/a')).status).toBe(200)
    expect({ team: await used(), other: await used('other') }).toEqual({ team: 0, other: bytes })
    await world.deleteRepository('other/a')
    const [back = 0] = await world.deletionIds()
    expect((await world.restore(back, 'loose/a')).status).toBe(200)
    expect(await used('other')).toBe(0)
  })
})

describe('manifests', () => {
  const large = (label: string) => {
    const text = new TextDecoder().decode(imageOf(BLOBS.slice(0, 1)).bytes)
    return content(JSON.stringify({ ...JSON.parse(text), annotations: { label: label.repeat(50_000) } }))
  }
  const put = (reference: string, manifest: Content) =>
    world.send('PUT', `/v2/team/a/manifests/${reference}`, manifest.bytes, {
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
    })

  it('count with their own bytes, once in a repository, until they are gone for good', async () => {
    const [blob = blobOf(1)] = BLOBS
    await world.push('team/a', blob)
    await world.setQuota('team', { bytes: 110_000 })
    const [one, two, three] = [large('1'), large('2'), large('3')]
    for (const manifest of [one, two]) expect((await put(manifest.digest, manifest)).status).toBe(201)
    const full = blob.bytes.length + one.bytes.length + two.bytes.length
    expect(await used()).toBe(full)
    const refused = await put('three', three)
    expect(refused.excess).toMatchObject({ resource: 'bytes', used: full, wanted: three.bytes.length })
    expect((await put('one', one)).status).toBe(201)
    await world.deleteReference('team/a', two.digest)
    expect((await put('three', three)).status).toBe(403)
    expect(await quotaShown()).toMatchObject({ bytes: { used: full, inBin: two.bytes.length } })
    expect((await put(two.digest, two)).status).toBe(201)
    expect(await used()).toBe(full)
    await world.deleteReference('team/a', two.digest)
    await world.purge()
    expect(await used()).toBe(full - two.bytes.length)
    expect((await put('three', three)).status).toBe(201)
  })

  it('keep out of what is set aside for uploads', async () => {
    const [blob = blobOf(1)] = BLOBS
    await world.push('team/a', blob)
    await world.setQuota('team', { bytes: 100_000 })
    const open = await world.send('POST', '/v2/team/a/blobs/uploads/')
    await world.send('PATCH', open.location, blobOf('early', 60_000).bytes)
    expect((await put('one', large('1'))).excess).toMatchObject({ reserved: 60_000 })
  })
})

describe('what is set aside ahead of an upload', () => {
  const MIB = 2 ** 20
  const start = async () => (await world.send('POST', '/v2/team/a/blobs/uploads/')).location

  it('is free again when the request is over, whatever became of it', async () => {
    await world.setQuota('team', { bytes: 100 * MIB })
    for (let upload = 0; upload < 20; upload++)
      expect((await world.send('PATCH', await start(), streamOf(blobOf(upload, 1000)).body)).status).toBe(202)
    expect(await quotaShown()).toMatchObject({ bytes: { reserved: 20_000 } })
    expect((await world.push('team/b', blobOf('all the rest', MIB))).status).toBe(201)
  })

  it('nor does it stay when the client goes away', async () => {
    await world.setQuota('team', { bytes: 100 * MIB })
    let pieces = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (++pieces > 3) controller.error(new Error('the client went away'))
        else controller.enqueue(new Uint8Array(1000))
      },
    })
    await world.send('PATCH', await start(), body, { 'content-length': `${90 * MIB}` })
    const { bytes } = await quotaShown()
    expect(bytes.reserved).toBeLessThanOrEqual(3000)
    world.errors.length = 0
  })

  it('costs a project without a quota of bytes nothing', async () => {
    await world.push('team/a', blobOf('earlier'))
    const writes = spyOn(world.app.database, 'writeQuietly')
    await world.send('PATCH', await start(), streamOf(blobOf('free', 50_000)).body)
    expect(writes).toHaveBeenCalledTimes(0)
  })

  it('a body of unknown length needs at least what came of it', async () => {
    await world.setQuota('team', { bytes: 15_000 })
    const location = await start()
    const refused = await world.send('PATCH', location, streamOf(blobOf('long', 50_000)).body)
    expect(refused.text).toContain('this needs at least 19.53 KiB (20000 bytes) more')
    const first = await world.send('PATCH', await start(), blobOf('first', 12_000).bytes)
    await world.setQuota('team', { bytes: 11_000 })
    const second = await world.send('PATCH', first.location, streamOf(blobOf('second', 1000)).body)
    expect(second.text).toContain('this needs at least 11.71 KiB (12000 bytes) more')
  })
})

describe('fsck', () => {
  it.each([
    ['update quotas set bytes = 11', 'quota of team: counts 11 bytes, there are 241'],
    ['update quotas set tags = 7', 'quota of team: counts 7 tags, there are 1'],
    ['update quotas set repositories = 0', 'quota of team: counts 0 repositories, there are 2'],
    ['update quota_blobs set repositories = 1', 'quota of team: counts the repositories that hold sha256:'],
    ['delete from quota_blobs', 'quota of team: counts the repositories that hold sha256:'],
    ['update blobs set holders = 3', 'repositories are said to hold it, 2 do'],
    ['update repositories set bytes = 4 where id = 1', 'counts 4 bytes, 0 of them its own; it holds 10 and 0'],
    ['update repositories set unique_bytes = 5 where id = 2', 'counts 10 bytes, 5 of them its own; it holds 10 and 0'],
  ])('finds what is counted wrongly: %s', async (damage, problem) => {
    const [blob = blobOf(1)] = BLOBS
    await world.push('team/a', blob)
    await world.push('team/b', blob)
    await world.putImage('team/a', 'one', [blob])
    await world.setQuota('team', { bytes: 1000 })
    expect(await world.fsck()).toEqual([])
    await world.app.database.write(async ({ db }) => void (await sql.raw(damage).execute(db)))
    const found = await world.fsck()
    expect(found.filter((each) => each.includes(problem))).toHaveLength(1)
    await repair()
  })

  /** As it tells to. */
  async function repair(): Promise<void> {
    await world.removeQuota('team')
    await world.setQuota('team', { bytes: 1000 })
    const { database } = world.app
    await database.write(async ({ db }) => {
      await db.updateTable('blobs').set({ holders: 2 }).execute()
      await db.updateTable('repositories').set({ bytes: 10, unique_bytes: 0 }).execute()
    })
  }
})
