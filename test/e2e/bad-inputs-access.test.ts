import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { OciError } from '../../src/oci/errors.ts'
import type { Guard } from '../../src/registry/operation.ts'
import { checkBlob } from '../conformance/support/blobs.ts'
import { check, errorsOf, headerOf, parse } from '../conformance/support/check.ts'
import type { Answer } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { blobPath, pushBlob } from '../conformance/support/uploads.ts'
import { randomContent } from '../conformance/support/content.ts'
import { descriptor, image, index, pushBlobsOf, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { makeUsers, tokenFor } from './support/sign-in.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

/**
 * A tag may be set once: what create-only rights and immutable tags come to. With the rules of a project themselves, rows
 * 30 and 31 are in immutability.test.ts.
 */
const createOnly: Guard = {
  name: 'create-only',
  check: async (operation) => {
    if (operation.type !== 'push-manifest') return
    for (const { tag, previous } of operation.tags)
      if (previous !== undefined && previous !== operation.digest)
        throw new OciError('DENIED', { detail: { reason: 'immutable', tag } })
  },
}

const users = makeUsers({ ann: 'correct horse' })
let registry: InProcess
let target: { registry: InProcess; name: string }
let cases = 0

beforeAll(async () => {
  registry = await openInProcess({ guards: [createOnly] })
})
beforeEach(() => {
  target = { registry, name: `e2e/access/${cases++}` }
})
afterAll(async () => {
  await registry.close()
  await users.remove()
})

const REFUSED = { status: 403, error: 'DENIED' }

describe('row 30: with create-only rights', () => {
  const [first, second] = [image('access/first'), image('access/second')]

  test.each(['latest', 'v1'])('row 30: %s cannot be moved, by tag or by ?tag=', async (tag) => {
    await pushImage(target, first, tag)
    await pushBlobsOf(target, second)
    const { manifest } = second
    check(await m.putManifest(target, tag, manifest), REFUSED)
    check(await m.putManifest(target, manifest.digest, manifest, { tag: [tag] }), REFUSED)
    check(await m.putManifest(target, manifest.digest, manifest, { tag: ['new', tag] }), REFUSED)
    await m.checkManifest(target, tag, first.manifest)
    // A refused push changes nothing, not even the part that was allowed.
    await m.checkManifestAbsent(target, 'new')
    await m.checkManifestAbsent(target, manifest.digest)
    check(await m.putManifest(target, tag, first.manifest), { status: 201 })
    check(await m.putManifest(target, 'new', manifest), { status: 201 })
  })
})

describe('row 31: 50 pushes of different manifests to one tag that may be set once', () => {
  const images = Array.from({ length: 50 }, (_, n) => image('access/race', { annotations: { n: String(n) } }))

  test.each([
    ['by tag', (pushed: m.Manifest) => m.putManifest(target, 'v1', pushed)],
    ['by ?tag=', (pushed: m.Manifest) => m.putManifest(target, pushed.digest, pushed, { tag: ['v1'] })],
    [
      'both ways',
      (pushed: m.Manifest) =>
        pushed.digest < 'sha256:8'
          ? m.putManifest(target, 'v1', pushed)
          : m.putManifest(target, pushed.digest, pushed, { tag: ['v1'] }),
    ],
  ])('row 31: %s: one is 201, the others 403', async (_, put) => {
    await pushBlobsOf(target, image('access/race'))
    const answers = await Promise.all(images.map(({ manifest }) => put(manifest)))
    const winners = answers.filter(({ status }) => status === 201)
    expect(winners).toHaveLength(1)
    for (const answer of answers) if (answer.status !== 201) check(answer, REFUSED)
    const [winner] = winners
    const digest = winner === undefined ? '' : headerOf(winner, 'Docker-Content-Digest')
    const now = await registry.send('HEAD', m.manifestPath(target.name, 'v1'))
    check(now, { status: 200, headers: { 'Docker-Content-Digest': digest } })
    for (const { manifest } of images)
      if (manifest.digest !== digest) await m.checkManifestAbsent(target, manifest.digest)
  })
})

describe('row 32: DELETE with a token for pushing only', () => {
  test('row 32: is 401 insufficient_scope with the scope it takes', async () => {
    const auth = { htpasswd: { path: await users.file() } }
    const signedIn = await openInProcess({ config: { auth, projects: { create: 'everyone' } } })
    try {
      const name = 'e2e/row32'
      const pushed = image('row32')
      const ann = users.basic('ann')
      const asAnn = signedIn.with(ann)
      await pushImage({ registry: asAnn, name }, pushed, 'v1')
      const pushOnly = await tokenFor(signedIn, ann, `repository:${name}:pull,push`)
      const paths = [
        m.manifestPath(name, 'v1'),
        m.manifestPath(name, pushed.manifest.digest),
        blobPath(name, pushed.layer.digest),
      ]
      for (const path of paths) {
        const answer = await signedIn.send('DELETE', path, { headers: pushOnly })
        check(answer, { status: 401, error: 'UNAUTHORIZED' })
        const challenge = headerOf(answer, 'WWW-Authenticate')
        expect(challenge).toContain('error="insufficient_scope"')
        expect(challenge).toContain(`scope="repository:${name}:delete"`)
      }
      await m.checkManifest({ registry: asAnn, name }, 'v1', pushed.manifest)
      const wider = await tokenFor(signedIn, ann, `repository:${name}:delete`)
      check(await signedIn.send('DELETE', m.manifestPath(name, 'v1'), { headers: wider }), { status: 202 })
    } finally {
      await signedIn.close()
    }
  })

  test('row 32: a token for another repository, and one for nothing, are refused the same way', async () => {
    const anonymous = await openInProcess()
    try {
      await pushImage({ registry: anonymous, name: 'e2e/row32' }, image('row32'), 'v1')
      for (const scope of ['repository:e2e/other:pull,push,delete', '']) {
        const headers = await tokenFor(anonymous, {}, scope)
        for (const [method, action] of [
          ['GET', 'pull'],
          ['PUT', 'pull,push'],
          ['DELETE', 'delete'],
        ] as const) {
          const answer = await anonymous.send(method, m.manifestPath('e2e/row32', 'v1'), { headers })
          const wanted = new RegExp(`scope="repository:e2e/row32:${action}",error="insufficient_scope"`)
          check(answer, { status: 401, error: 'UNAUTHORIZED', headers: { 'WWW-Authenticate': wanted } })
        }
      }
    } finally {
      await anonymous.close()
    }
  })
})

describe('row 33: deleting what something here needs', () => {
  const Detail = { reason: 'in-use' }

  function checkInUse(answer: Answer): void {
    check(answer, { status: 405, error: 'DENIED' })
    expect(errorsOf(answer)[0]?.detail).toMatchObject(Detail)
  }

  test('row 33: a manifest of an index is 405 in-use until the index goes', async () => {
    const part = image('row33')
    await pushImage(target, part)
    const whole = index([descriptor(part.manifest, m.OCI_MANIFEST)])
    check(await m.putManifest(target, 'all', whole), { status: 201 })
    checkInUse(await registry.send('DELETE', m.manifestPath(target.name, part.manifest.digest)))
    await m.checkManifest(target, part.manifest.digest, part.manifest)
    await m.deleteManifest(target, 'all')
    checkInUse(await registry.send('DELETE', m.manifestPath(target.name, part.manifest.digest)))
    await m.deleteManifest(target, whole.digest)
    await m.deleteManifest(target, part.manifest.digest)
  })

  test('row 33: a blob of a manifest, and a blob listed by an index, are 405 in-use', async () => {
    const part = image('row33/blobs')
    const cached = randomContent('row33/cache', 64)
    await pushImage(target, part, 'v1')
    await pushBlob(target, cached)
    check(await m.putManifest(target, 'cache', index([descriptor(cached, m.OCI_LAYER)])), { status: 201 })
    for (const blob of [part.config, part.layer, cached]) {
      checkInUse(await registry.send('DELETE', blobPath(target.name, blob.digest)))
      await checkBlob(target, blob)
    }
    const tags = parse(await m.listTags(target), m.TagList)
    expect(tags.tags).toEqual(['cache', 'v1'])
  })
})
