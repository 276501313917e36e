import { afterAll, beforeAll, expect, it, setDefaultTimeout } from 'bun:test'
import { z } from 'zod'
import { type Content, contentOf, send } from '../faults/support/client.ts'
import { finish, offsetOf, patch, postBlob, putManifest, startUpload } from '../faults/support/images.ts'
import { Random } from '../faults/support/random.ts'
import { SEED } from '../faults/support/server.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { as, basic, bearer, imageAround, jsonOf, manage, pulled, text } from './support/asking.ts'
import { describeReplicas } from './support/suite.ts'

setDefaultTimeout(120_000)

const random = new Random(SEED)
const PASSWORD = 'correct horse battery'
const admin = as(basic('root', PASSWORD))
const ROUNDS = 200
const MIB = 1024 * 1024
/** What is in no project is open, so that most of this needs no sign-in. */
const CONFIG = 'auth: { anonymous: push }\n'

let cluster: Cluster
let asked = 0

/** One after the other. */
function next(): string {
  return cluster.replicas[asked++ % 2]?.url ?? ''
}

const first = () => cluster.replicas[0].url
const second = () => cluster.replicas[1].url

function blobOf(sizeBytes: number): Content {
  return contentOf(random.bytes(sizeBytes))
}

async function pushLayer(repository: string, label: string): Promise<Content> {
  const layer = text(`${SEED} ${repository} ${label}`)
  expect((await postBlob(next(), repository, layer)).status).toBe(201)
  return layer
}

async function pushImage(repository: string, tag: string, label: string): Promise<Content> {
  const image = imageAround(await pushLayer(repository, label))
  expect((await putManifest(next(), repository, tag, image)).status).toBe(201)
  return image
}

/** Of all members the statuses, in order. */
async function statusesOf(answers: readonly Promise<{ readonly status: number }>[]): Promise<number[]> {
  return (await Promise.all(answers)).map(({ status }) => status).sort((a, b) => a - b)
}

async function makeProject(name: string): Promise<void> {
  await manage(admin, [next(), 'POST', '/projects', { name, public: false }])
}

async function makeReader(project: string): Promise<ReturnType<typeof as>> {
  const name = `reader-of-${project}`
  await manage(admin, [next(), 'POST', '/users', { name, password: PASSWORD }])
  await manage(admin, [next(), 'POST', `/projects/${project}/grants`, { subject: `user:${name}`, allows: 'reader' }])
  return as(basic(name, PASSWORD))
}

describeReplicas(`two replicas, each request to the other one (BERTH_TEST_SEED=${SEED})`, () => {
  beforeAll(async () => {
    cluster = await startCluster({ config: CONFIG })
    const added = await cluster.berth(['user', 'add', 'root'], `${PASSWORD}\n`)
    if (added.code !== 0) throw new Error(added.stderr)
  })
  afterAll(async () => {
    const checked = await cluster.berth(['fsck'])
    await cluster.close()
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('; 0 errors') })
  })

  it('each says that it is ready, and who is there', async () => {
    for (const { url } of cluster.replicas) {
      for (const path of ['/healthz', '/readyz', '/metrics']) expect((await send(url, 'GET', path)).status).toBe(200)
      const found = await manage(admin, [url, 'GET', '/replicas'])
      expect(z.object({ replicas: z.array(z.unknown()) }).parse(found).replicas).toHaveLength(2)
    }
  })

  it('an upload goes on wherever its next chunk comes, whatever its size (invariant 15)', async () => {
    const sizes = [1, 5 * MIB - 1, 1, 5 * MIB + 1, 65_537, 20 * MIB, 2, 3 * MIB, 17_000, 4]
    const whole = blobOf(sizes.reduce((sum, size) => sum + size, 0))
    const path = await startUpload(next(), 'up/chunks')
    let at = 0
    for (const size of sizes) {
      expect((await patch(next(), path, at, whole.bytes.slice(at, at + size))).status).toBe(202)
      at += size
      expect(await offsetOf(next(), path)).toBe(at === 1 ? 0 : at)
      // Two of the same one after the other too.
      if (random.chance(0.3)) next()
    }
    expect((await finish(next(), path, whole.digest)).status).toBe(201)
    for (const { url } of cluster.replicas) {
      const got = await send(url, 'GET', `/v2/up/chunks/blobs/${whole.digest}`)
      expect(contentOf(new Uint8Array(got.bytes)).digest).toBe(whole.digest)
    }
  })

  it('random sizes, some bytes with the closing PUT', async () => {
    for (let round = 0; round < 12; round++) {
      const whole = blobOf(random.between(1, 400_000))
      const path = await startUpload(next(), 'up/random')
      let at = 0
      while (at < whole.bytes.length && random.chance(0.85)) {
        const end = Math.min(whole.bytes.length, at + random.between(1, 60_000))
        expect((await patch(next(), path, at, whole.bytes.slice(at, end))).status).toBe(202)
        at = end
      }
      const closing = await send(next(), 'PUT', `${path}?digest=${whole.digest}`, { body: whole.bytes.slice(at) })
      expect(closing.status).toBe(201)
      const got = await send(next(), 'GET', `/v2/up/random/blobs/${whole.digest}`)
      expect(contentOf(new Uint8Array(got.bytes)).digest).toBe(whole.digest)
    }
  })

  it('a chunk out of order is refused at either with the place to go on from', async () => {
    const whole = blobOf(200_000)
    const path = await startUpload(first(), 'up/order')
    expect((await patch(first(), path, 0, whole.bytes.slice(0, 70_000))).status).toBe(202)
    for (const wrong of [0, 69_999, 70_001, 150_000]) {
      const refused = await patch(next(), path, wrong, whole.bytes.slice(wrong, wrong + 10_000))
      expect([refused.status, refused.headers.get('range')]).toEqual([416, '0-69999'])
    }
    expect((await patch(second(), path, 70_000, whole.bytes.slice(70_000))).status).toBe(202)
    expect((await finish(first(), path, whole.digest)).status).toBe(201)
  })

  it('of two writers at once one is refused, and of two who finish one blob comes (invariant 16)', async () => {
    for (let round = 0; round < 10; round++) {
      const whole = blobOf(100_000 + round)
      const path = await startUpload(next(), 'up/two')
      const both = [first(), second()].map((url) => patch(url, path, 0, whole.bytes))
      expect(await statusesOf(both)).toEqual([202, 416])
      expect(await offsetOf(next(), path)).toBe(whole.bytes.length)
      const ends = await statusesOf([first(), second()].map((url) => finish(url, path, whole.digest)))
      expect([
        [201, 201],
        [201, 404],
      ]).toContainEqual(ends)
      for (const { url } of cluster.replicas)
        expect((await send(url, 'HEAD', `/v2/up/two/blobs/${whole.digest}`)).status).toBe(200)
      // As after a lost answer, at the other one (invariant 17).
      expect((await finish(next(), path, whole.digest)).status).toBe(201)
    }
  })

  it('what is cancelled at one is gone at the other', async () => {
    const whole = blobOf(300_000)
    const path = await startUpload(first(), 'up/cancel')
    expect((await patch(first(), path, 0, whole.bytes.slice(0, 100_000))).status).toBe(202)
    expect((await send(second(), 'DELETE', path)).status).toBe(204)
    for (const url of [first(), second()]) {
      expect((await send(url, 'GET', path)).status).toBe(404)
      expect((await patch(url, path, 100_000, whole.bytes.slice(100_000))).status).toBe(404)
      expect((await finish(url, path, whole.digest)).status).toBe(404)
    }
  })

  it('what was pushed, moved or deleted at one is so at the other with the next request (invariant 11)', async () => {
    const repository = 'seen/at-once'
    const layer = await pushLayer(repository, 'base')
    for (let round = 0; round < ROUNDS; round++) {
      const [here, there] = round % 2 === 0 ? [first(), second()] : [second(), first()]
      const image = imageAround(layer, { annotations: { round: `${round}` } })
      expect((await putManifest(here, repository, 'moving', image)).status).toBe(201)
      expect(await pulled(there, repository, 'moving')).toBe(image.digest)
      if (round % 3 !== 2) continue
      const reference = round % 2 === 0 ? 'moving' : image.digest
      expect((await send(here, 'DELETE', `/v2/${repository}/manifests/${reference}`)).status).toBe(202)
      expect(await pulled(there, repository, 'moving')).toBe(404)
    }
  })

  it('a blob that is deleted at one is unknown at the other, and is there again when pushed again', async () => {
    for (let round = 0; round < 20; round++) {
      const layer = blobOf(round % 2 === 0 ? 1000 : 40_000)
      const path = `/v2/seen/blobs/blobs/${layer.digest}`
      expect((await postBlob(first(), 'seen/blobs', layer)).status).toBe(201)
      expect((await send(second(), 'GET', path)).status).toBe(200)
      expect((await send(first(), 'DELETE', path)).status).toBe(202)
      expect((await send(second(), 'GET', path)).status).toBe(404)
      expect((await postBlob(second(), 'seen/blobs', layer)).status).toBe(201)
      expect((await send(first(), 'HEAD', path)).status).toBe(200)
    }
  })

  it('a token of one opens the other', async () => {
    await makeProject('tokens')
    await makeReader('tokens')
    const layer = text('behind a token')
    const path = `/v2/tokens/app/blobs/${layer.digest}`
    const pushing = `/v2/tokens/app/blobs/uploads/?digest=${layer.digest}`
    expect((await admin(first(), 'POST', pushing, { body: layer.bytes })).status).toBe(201)
    const reader = as(basic('reader-of-tokens', PASSWORD))
    for (const [here, there] of [
      [first(), second()],
      [second(), first()],
    ] as const) {
      const answer = await reader(here, 'GET', '/token?service=berth&scope=repository:tokens/app:pull')
      const { token } = z.object({ token: z.string() }).parse(jsonOf(answer))
      expect((await send(there, 'GET', path, { headers: bearer(token) })).status).toBe(200)
    }
  })

  it('a right that is taken away at one is gone at the other when that is answered (invariant 10)', async () => {
    await makeProject('rights')
    const reader = await makeReader('rights')
    const layer = text('of the project')
    const pushing = `/v2/rights/app/blobs/uploads/?digest=${layer.digest}`
    expect((await admin(first(), 'POST', pushing, { body: layer.bytes })).status).toBe(201)
    const path = `/v2/rights/app/blobs/${layer.digest}`
    const status = async (ask: typeof send, url: string) => (await ask(url, 'GET', path)).status
    const isOut = (found: number) => [401, 403, 404].includes(found)
    for (let round = 0; round < 2; round++) {
      const [here, there] = round % 2 === 0 ? [first(), second()] : [second(), first()]
      await manage(admin, [here, 'PATCH', '/projects/rights', { public: true }])
      expect(await status(send, there)).toBe(200)
      await manage(admin, [here, 'PATCH', '/projects/rights', { public: false }])
      expect(await status(send, there)).toSatisfy(isOut)

      expect(await status(reader, there)).toBe(200)
      await manage(admin, [here, 'PATCH', '/users/reader-of-rights', { disabled: true }])
      expect(await status(reader, there)).toSatisfy(isOut)
      await manage(admin, [here, 'PATCH', '/users/reader-of-rights', { disabled: false }])
      expect(await status(reader, there)).toBe(200)
      const grants = z
        .object({ items: z.array(z.object({ id: z.int() })) })
        .parse(await manage(admin, [there, 'GET', '/projects/rights/grants']))
      for (const { id } of grants.items) await manage(admin, [here, 'DELETE', `/projects/rights/grants/${id}`])
      expect(await status(reader, there)).toSatisfy(isOut)
      const again = { subject: 'user:reader-of-rights', allows: 'reader' }
      await manage(admin, [here, 'POST', '/projects/rights/grants', again])
    }
  })

  it('an immutable tag that both set at once is one image, and stays it (invariant 12)', async () => {
    await makeProject('fixed')
    await manage(admin, [first(), 'POST', '/projects/fixed/immutability', { tags: '*' }])
    const layer = text('fixed')
    const pushing = `/v2/fixed/app/blobs/uploads/?digest=${layer.digest}`
    expect((await admin(first(), 'POST', pushing, { body: layer.bytes })).status).toBe(201)
    const put = (url: string, tag: string, image: Content) =>
      admin(url, 'PUT', `/v2/fixed/app/manifests/${tag}`, {
        headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
        body: image.bytes,
      })
    for (let round = 0; round < 20; round++) {
      const images = [0, 1, 2, 3].map((each) => imageAround(layer, { annotations: { each: `${round} ${each}` } }))
      const answers = await Promise.all(
        images.map((image, index) => put(cluster.replicas[index % 2]?.url ?? '', `v${round}`, image)),
      )
      const won = images.filter((_, index) => answers[index]?.status === 201)
      expect(won).toHaveLength(1)
      for (const { url } of cluster.replicas) {
        const found = await admin(url, 'GET', `/v2/fixed/app/manifests/v${round}`)
        expect(contentOf(new Uint8Array(found.bytes)).digest).toBe(won[0]?.digest ?? '')
      }
    }
  })

  it('what refers to an image is listed once each, however it was pushed and deleted (invariant 13)', async () => {
    const repository = 'refers/app'
    const subject = await pushImage(repository, 'v1', 'subject')
    const layer = await pushLayer(repository, 'artifact')
    const artifacts = Array.from({ length: 40 }, (_, index) =>
      imageAround(layer, {
        artifactType: 'application/vnd.example',
        annotations: { index: `${index}` },
        subject: {
          ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: subject.digest },
          ...{ size: subject.bytes.length },
        },
      }),
    )
    // Twice, at both: what is there already is no second one.
    const push = (one: Content) => putManifest(next(), repository, one.digest, one)
    const early = artifacts.slice(0, 30)
    expect(new Set(await statusesOf([...early, ...early].map(push)))).toEqual(new Set([201]))
    const gone = early.filter((_, index) => index % 3 === 0)
    const remove = ({ digest }: Content) => send(next(), 'DELETE', `/v2/${repository}/manifests/${digest}`)
    const both = [...gone.map(remove), ...artifacts.slice(30).map(push)]
    expect(new Set(await statusesOf(both))).toEqual(new Set([201, 202]))
    const kept = artifacts.filter((one) => !gone.includes(one)).map(({ digest }) => digest)
    for (const { url } of cluster.replicas) {
      const found = jsonOf(await send(url, 'GET', `/v2/${repository}/referrers/${subject.digest}`))
      const { manifests } = z.object({ manifests: z.array(z.object({ digest: z.string() })) }).parse(found)
      expect(manifests.map(({ digest }) => digest).sort()).toEqual(kept.sort())
    }
  })

  it('20 pushes at once at the edge of a quota, at both: never more than it allows (row 63, invariant 8)', async () => {
    await makeProject('tight')
    const bytes = 100_000
    await manage(admin, [first(), 'PUT', '/projects/tight/quota', { bytes: 5.5 * bytes }])
    const pushes = Array.from({ length: 20 }, async (_, index) => {
      const { bytes: body, digest } = blobOf(bytes)
      return admin(next(), 'POST', `/v2/tight/r${index % 3}/blobs/uploads/?digest=${digest}`, { body })
    })
    const statuses = await statusesOf(pushes)
    expect(statuses.filter((status) => status === 201)).toHaveLength(5)
    expect(statuses.filter((status) => status === 403)).toHaveLength(15)
    for (const { url } of cluster.replicas) {
      const usage = await manage(admin, [url, 'GET', '/projects/tight/quota'])
      expect(usage).toMatchObject({ bytes: { used: 5 * bytes, reserved: 0 } })
    }
  })

  it('lists are paged in order through both, while names come and go (invariant 14)', async () => {
    const stable = ['a', 'a-b', 'a.b', 'a/b', 'a/b/c', 'a0', 'ab', 'b'].map((name) => `paged/${name}`)
    for (const name of stable) await pushImage(name, 'v1', 'paged')
    const layer = await pushLayer('paged/a', 'tags')
    const tags = Array.from({ length: 30 }, (_, index) => `t${index}`)
    for (const tag of tags) await putManifest(next(), 'paged/a', tag, imageAround(layer))
    const writing = { stop: false }
    const writer = (async () => {
      for (let index = 0; !writing.stop; index++) {
        await pushImage(`paged/a-b-${index % 7}`, `x${index}`, `other ${index}`)
        await putManifest(next(), 'paged/a', `t${index % 30}-${index}`, imageAround(layer))
        await send(next(), 'DELETE', `/v2/paged/a/manifests/t${(index - 3) % 30}-${index - 3}`)
      }
    })()
    try {
      for (let round = 0; round < 10; round++) {
        const names = (await list('/v2/_catalog?n=3', 'repositories')).filter((name) => name.startsWith('paged/'))
        expect(names).toEqual([...new Set(names)].sort())
        expect(names.filter((name) => stable.includes(name))).toEqual(stable.toSorted())
        const found = await list('/v2/paged/a/tags/list?n=7', 'tags')
        expect(found).toEqual([...new Set(found)].sort())
        expect(found.filter((tag) => tags.includes(tag))).toEqual(tags.toSorted())
      }
    } finally {
      writing.stop = true
      await writer
    }
  })
})

/** All pages, each of the other replica. */
async function list(from: string, key: 'repositories' | 'tags'): Promise<string[]> {
  const names: string[] = []
  let path: string | undefined = from
  while (path !== undefined) {
    const answer = await admin(next(), 'GET', path)
    names.push(...(z.record(z.string(), z.unknown()).parse(jsonOf(answer))[key] as string[]))
    path = /<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1]
  }
  return names
}
