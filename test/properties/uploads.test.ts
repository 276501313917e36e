import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import fc from 'fast-check'
import { type Answer, digestOf, type OpenedApp, openApp } from './app.ts'
import { runs, SEED } from './parameters.ts'
import { ON_POSTGRES } from '../support/postgres.ts'

setDefaultTimeout(ON_POSTGRES ? 300_000 : 30_000)

let opened: OpenedApp
let count = 0

beforeAll(async () => {
  opened = await openApp()
})
afterAll(() => opened.close())

function send(...request: Parameters<OpenedApp['send']>): Promise<Answer> {
  return opened.send(...request)
}

async function start(repository: string): Promise<string> {
  const answer = await send('POST', `/v2/${repository}/blobs/uploads/`)
  return answer.headers.get('location') ?? `no location: ${answer.status}`
}

function sendChunk(location: string, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Answer> {
  return send('PATCH', location, bytes, { 'content-range': `${offset}-${offset + bytes.length - 1}` })
}

function newRepository(): string {
  return `properties/${count++}`
}

/** Bytes that come in several pieces, each in a turn of its own, so that requests at once really take turns. */
function streamed(bytes: Uint8Array, pieces: number): ReadableStream<Uint8Array> {
  const pieceBytes = Math.max(1, Math.ceil(bytes.length / pieces))
  let at = 0
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve))
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + pieceBytes))
      at += pieceBytes
    },
  })
}

/** What is visible is what its digest says. */
async function expectSound(repository: string, digest: string): Promise<boolean> {
  const { status, bytes } = await send('GET', `/v2/${repository}/blobs/${digest}`)
  if (status === 404) return false
  expect({ status, digest: digestOf(bytes, digest.startsWith('sha512') ? 'sha512' : 'sha256') }).toEqual({
    status: 200,
    digest,
  })
  return true
}

const blobs = fc
  .oneof(
    { weight: 5, arbitrary: fc.uint8Array({ maxLength: 2000 }) },
    {
      weight: 1,
      arbitrary: fc
        .uint8Array({ minLength: 3, maxLength: 40 })
        .map((seed) => new Uint8Array(Buffer.alloc(200_000, seed))),
    },
  )
  .map((bytes) => new Uint8Array(bytes))

describe(`chunked uploads (BERTH_TEST_SEED=${SEED})`, () => {
  it('however a blob is cut, and whatever wrong chunks come between, it is the same blob', async () => {
    const cuts = fc.array(fc.nat(), { maxLength: 6 })
    const wrong = fc.record({ before: fc.nat(7), start: fc.nat(3000), length: fc.integer({ min: 1, max: 50 }) })
    const algorithms = fc.constantFrom('sha256' as const, 'sha512' as const)
    await fc.assert(
      fc.asyncProperty(
        blobs,
        cuts,
        fc.array(wrong, { maxLength: 4 }),
        algorithms,
        async (bytes, places, wrongs, algorithm) => {
          const repository = newRepository()
          const location = await start(repository)
          const ends = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])]
          let offset = 0
          for (const [index, end] of ends.toSorted((a, b) => a - b).entries()) {
            const misplaced = wrongs.filter(({ before, start: from }) => before === index && from !== offset)
            for (const { start: from, length } of misplaced)
              expect((await sendChunk(location, from, new Uint8Array(length))).status).toBe(416)
            if (end === offset) continue
            const { status, headers } = await sendChunk(location, offset, bytes.slice(offset, end))
            expect({ status, range: headers.get('range') }).toEqual({ status: 202, range: `0-${end - 1}` })
            offset = end
          }
          const digest = digestOf(bytes, algorithm)
          expect((await send('PUT', `${location}?digest=${digest}`)).status).toBe(201)
          expect(await expectSound(repository, digest)).toBe(true)
        },
      ),
      runs(80),
    )
  })

  it('a chunk whose length is not the one in its Content-Range leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 }), async (said, sent) => {
        fc.pre(said !== sent)
        const repository = newRepository()
        const location = await start(repository)
        await send('PATCH', location, new Uint8Array([1, 2, 3]))
        const range = { 'content-range': `3-${3 + said - 1}` }
        expect((await send('PATCH', location, streamed(new Uint8Array(sent), 3), range)).status).toBe(400)
        expect((await send('GET', location)).headers.get('range')).toBe('0-2')
        const digest = digestOf(new Uint8Array([1, 2, 3]))
        expect((await send('PUT', `${location}?digest=${digest}`)).status).toBe(201)
      }),
      runs(40),
    )
  })
})

describe(`requests at once on one upload (BERTH_TEST_SEED=${SEED})`, () => {
  type Step = {
    readonly kind: 'patch' | 'put' | 'put-body' | 'put-other' | 'delete' | 'status'
    readonly pieces: number
  }
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('patch', 'patch', 'put', 'put', 'put-body', 'put-other', 'delete', 'status'),
    pieces: fc.integer({ min: 1, max: 4 }),
  })

  it('never publish bytes that do not match, never fail, and never leave the upload stuck', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 7 }),
        fc.integer({ min: 1, max: 300 }),
        async (steps, size) => {
          const repository = newRepository()
          const location = await start(repository)
          const first = new Uint8Array(Buffer.alloc(size, `first ${count}`))
          const more = new Uint8Array(Buffer.alloc(size, `more ${count}`))
          const once = digestOf(first)
          const both = digestOf(Buffer.concat([first, more]))
          expect((await send('PATCH', location, first)).status).toBe(202)
          const requests: Record<Step['kind'], (pieces: number) => Promise<Answer>> = {
            patch: (pieces) => send('PATCH', location, streamed(more, pieces)),
            put: () => send('PUT', `${location}?digest=${once}`),
            'put-body': (pieces) => send('PUT', `${location}?digest=${both}`, streamed(more, pieces)),
            'put-other': () => send('PUT', `${location}?digest=${digestOf(more)}`),
            delete: () => send('DELETE', location),
            status: () => send('GET', location),
          }
          const allowed: Record<Step['kind'], readonly number[]> = {
            patch: [202, 404, 416],
            put: [201, 400, 404, 416],
            'put-body': [201, 400, 404, 416],
            'put-other': [400, 404, 416],
            delete: [204, 404],
            status: [204, 404],
          }
          const answers = await Promise.all(
            steps.map(async ({ kind, pieces }) => ({ kind, status: (await requests[kind](pieces)).status })),
          )
          expect(answers.filter(({ kind, status }) => !allowed[kind].includes(status))).toEqual([])
          expect(opened.errors).toEqual([])

          const visible = [await expectSound(repository, once), await expectSound(repository, both)]
          const created = answers.filter(({ status }) => status === 201).map(({ kind }) => kind)
          expect(visible).toEqual([created.includes('put'), created.includes('put-body')])
          expect(await expectSound(repository, digestOf(more))).toBe(false)
          // One upload becomes one blob.
          expect(new Set(created).size).toBeLessThanOrEqual(1)

          const left = await send('GET', location)
          expect(left.status).toBeOneOf([204, 404])
          if (left.status === 204) expect((await send('PATCH', location, more)).status).toBe(202)
        },
      ),
      runs(150),
    )
  })

  it('several that finish it: one 201 at least, the others 201 or 404, one blob', async () => {
    for (let round = 0; round < 40; round++) {
      const repository = newRepository()
      const bytes = new Uint8Array(Buffer.alloc(5000, `round ${round}`))
      const location = await start(repository)
      await send('PATCH', location, bytes)
      const put = () => send('PUT', `${location}?digest=${digestOf(bytes)}`)
      const statuses = (await Promise.all([put(), put(), put()])).map(({ status }) => status)
      expect(statuses.filter((status) => status !== 201 && status !== 404)).toEqual([])
      expect(statuses).toContain(201)
      expect((await put()).status).toBe(201)
      expect(await expectSound(repository, digestOf(bytes))).toBe(true)
    }
  })
})

describe('the same content at once', () => {
  it('pushed by many into one and several repositories: all 201, one stored object', async () => {
    const bytes = new Uint8Array(Buffer.alloc(150_000, 'the same for everybody'))
    const digest = digestOf(bytes)
    const repositories = Array.from({ length: 16 }, (_, index) => `same/${index % 4}`)
    const ways = [
      (repository: string) => send('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, bytes),
      async (repository: string) => send('PUT', `${await start(repository)}?digest=${digest}`, streamed(bytes, 5)),
    ]
    const answers = await Promise.all(repositories.map((repository, index) => ways[index % 2]?.(repository)))
    expect(answers.map((answer) => answer?.status)).toEqual(repositories.map(() => 201))
    for (const repository of new Set(repositories)) expect(await expectSound(repository, digest)).toBe(true)
    const stored = (await Array.fromAsync(opened.app.registry.blobs.list())).filter(({ key }) =>
      key.includes(digest.slice(7)),
    )
    expect(stored).toHaveLength(1)
    expect(await Array.fromAsync(opened.app.registry.blobs.uploads.list())).toSatisfy((uploads) =>
      uploads.every(({ sizeBytes }) => sizeBytes !== bytes.length),
    )
  })

  it('a tag that many set at once names one of them, and reading it never fails meanwhile', async () => {
    const repository = newRepository()
    const type = { 'content-type': 'application/vnd.oci.image.index.v1+json' }
    const manifests = Array.from({ length: 12 }, (_, index) => {
      const body = {
        schemaVersion: 2,
        mediaType: type['content-type'],
        manifests: [],
        annotations: { index: `${index}` },
      }
      return new TextEncoder().encode(JSON.stringify(body))
    })
    const [first = new Uint8Array()] = manifests
    const path = `/v2/${repository}/manifests/latest`
    expect((await send('PUT', path, first, type)).status).toBe(201)
    const known = new Set(manifests.map((bytes) => digestOf(bytes)))
    const pushes = manifests.map((bytes) => send('PUT', path, bytes, type))
    const reads = Array.from({ length: 50 }, async () => {
      const answer = await send('GET', path)
      expect(answer.status).toBe(200)
      expect(known).toContain(digestOf(answer.bytes))
    })
    expect((await Promise.all(pushes)).map(({ status }) => status)).toEqual(manifests.map(() => 201))
    await Promise.all(reads)
    expect(known).toContain(digestOf((await send('GET', path)).bytes))
  })
})
