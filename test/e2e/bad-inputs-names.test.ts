import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { check } from '../conformance/support/check.ts'
import { digestOf } from '../conformance/support/content.ts'
import { manifestPath, putManifest } from '../conformance/support/manifests.ts'
import { blobPath, OCTETS, startUpload } from '../conformance/support/uploads.ts'
import { image, pushBlobsOf, pushImage } from './support/images.ts'
import { codeOf, head, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()
const target = { registry: server, name: 'e2e/names/b' }
const pushed = image('names')

const NOT_ROUTABLE = ['NAME_INVALID', 'NAME_UNKNOWN']

describe('row 01: a name that is no name', () => {
  // The runtime resolves dot segments before we see the path (ADR 6), so the path that is judged is the path that is
  // served: such a request is the plain one in disguise, and is answered like it.
  test.each([
    ['dot segments', '/v2/e2e/names/a/../b/manifests/x'],
    ['escaped dot segments', '/v2/e2e/names/a/%2e%2e/b/manifests/x'],
    ['escaped dots in capitals', '/v2/e2e/names/a/%2E./b/manifests/x'],
    ['a single dot', '/v2/e2e/names/./b/manifests/x'],
    ['back slashes', '/v2/e2e\\names\\b\\manifests\\x'],
  ])('row 01: with %s is answered as the path it resolves to', async (_, path) => {
    await pushImage(target, pushed, 'x')
    const plain = await rawRequest(server.url, head('GET', '/v2/e2e/names/b/manifests/x'))
    const answer = await rawRequest(server.url, head('GET', path))
    expect(plain.status).toBe(200)
    expect({ status: answer.status, body: answer.body }).toEqual({ status: plain.status, body: plain.body })
  })

  test('row 01: dot segments that lead out of /v2 lead to nothing', async () => {
    for (const path of [
      '/v2/../etc/passwd',
      '/v2/a/../../../etc/passwd',
      '/../../etc/passwd',
      '/v2/..%2f..%2fetc/passwd',
    ]) {
      const answer = await rawRequest(server.url, head('GET', path))
      expect([400, 404]).toContain(answer.status)
      expect(NOT_ROUTABLE).toContain(codeOf(answer))
    }
  })

  test.each([
    ['two slashes', 'e2e//b'],
    ['an escaped slash', 'e2e%2fb'],
    ['an escaped NUL', 'e2e%00b'],
    ['a capital', 'e2e/B'],
    ['256 characters', `e2e/${'a'.repeat(252)}`],
    ['an escaped dot segment inside', 'e2e/..%2f..%2fetc'],
    ['other characters', 'e2e/ä'],
    ['a leading slash', '/e2e'],
    ['a separator at the end', 'e2e/b-'],
  ])('row 01: with %s is 400 NAME_INVALID for every verb', async (_, name) => {
    const folders = await readdir(server.running.dataDir)
    const bytes = Buffer.from(name).toString('latin1')
    for (const [method, rest] of [
      ['GET', 'manifests/x'],
      ['PUT', 'manifests/x'],
      ['DELETE', 'manifests/x'],
      ['GET', `blobs/${digestOf(new Uint8Array())}`],
      ['POST', 'blobs/uploads/'],
      ['GET', 'tags/list'],
    ] as const) {
      const answer = await rawRequest(server.url, head(method, `/v2/${bytes}/${rest}`, ['Content-Length: 0']))
      expect([method, answer.status, codeOf(answer)]).toEqual([method, 400, 'NAME_INVALID'])
    }
    expect(await readdir(server.running.dataDir)).toEqual(folders)
  })

  test('row 01: with a bare NUL is refused and the connection closed', async () => {
    const answer = await rawRequest(server.url, head('GET', '/v2/e2e\0b/tags/list'))
    expect(answer.status).toBeGreaterThanOrEqual(400)
  })

  test('row 01: of 255 characters is a name', async () => {
    const answer = await server.send('GET', `/v2/e2e/${'a'.repeat(251)}/tags/list`)
    check(answer, { status: 404, error: 'NAME_UNKNOWN' })
  })
})

describe('row 02: a reference that is no tag', () => {
  test.each([
    ['129 characters', 'a'.repeat(129)],
    ['a leading dot', '.hidden'],
    ['a leading dash', '-flag'],
    ['an emoji', '😀'],
    ['an escaped space', 'a%20b'],
  ])('row 02: %s is 400 on PUT, 404 on GET, HEAD and DELETE', async (_, tag) => {
    await pushBlobsOf(target, pushed)
    check(await putManifest(target, tag, pushed.manifest), { status: 400, error: 'MANIFEST_INVALID' })
    const path = manifestPath(target.name, tag)
    check(await server.send('GET', path), { status: 404, error: 'MANIFEST_UNKNOWN' })
    check(await server.send('HEAD', path), { status: 404 })
    check(await server.send('DELETE', path), { status: 404, error: 'MANIFEST_UNKNOWN' })
  })

  test('row 02: 128 characters are a tag', async () => {
    await pushImage(target, pushed, 'a'.repeat(128))
  })
})

describe('row 03: a digest that is none', () => {
  const hex = digestOf(new Uint8Array()).slice('sha256:'.length)
  const invalid = { status: 400, error: 'DIGEST_INVALID' }

  test.each([
    ['nothing after the colon', 'sha256:'],
    ['63 digits', `sha256:${hex.slice(1)}`],
    ['65 digits', `sha256:${hex}0`],
    ['capitals', `sha256:${hex.toUpperCase()}`],
    ['a capital algorithm', `SHA256:${hex}`],
    ['md5', 'md5:d41d8cd98f00b204e9800998ecf8427e'],
    ['sha512 with the length of sha256', `sha512:${hex}`],
    ['a path', 'sha256:..%2f..%2f..%2fetc%2fpasswd'],
    ['a NUL at the end', `sha256:${hex}%00`],
    ['a name of Object.prototype', `constructor:${hex}`],
  ])('row 03: %s is 400 DIGEST_INVALID everywhere', async (_, digest) => {
    for (const method of ['GET', 'DELETE']) {
      check(await server.send(method, blobPath(target.name, digest)), invalid)
      check(await server.send(method, manifestPath(target.name, digest)), invalid)
    }
    check(await server.send('HEAD', blobPath(target.name, digest)), { status: 400 })
    check(await server.send('HEAD', manifestPath(target.name, digest)), { status: 400 })
    check(await putManifest(target, digest, pushed.manifest), invalid)
    check(await server.send('GET', `/v2/${target.name}/referrers/${digest}`), invalid)
    const query = { digest: decodeURIComponent(digest) }
    check(await server.send('POST', `/v2/${target.name}/blobs/uploads/`, { query, headers: OCTETS }), invalid)
    const location = await startUpload(target)
    check(await server.send('PUT', location, { query, headers: OCTETS }), invalid)
    check(await server.send('GET', location), { status: 204 })
  })

  test('row 03: with a slash is no digest in a query, and no address in a path', async () => {
    const query = { digest: 'sha256:ab/cd' }
    check(await server.send('PUT', await startUpload(target), { query, headers: OCTETS }), invalid)
    check(await server.send('GET', blobPath(target.name, 'sha256:ab/cd')), { status: 404 })
  })

  test.each(['sha256%3A', 'sha256:'])('row 03: %s before 64 digits is a digest', async (algorithm) => {
    const answer = await server.send('GET', blobPath('e2e/names/none', `${algorithm}${hex}`))
    check(answer, { status: 404, error: 'BLOB_UNKNOWN' })
  })
})
