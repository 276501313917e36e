import { beforeAll, describe, expect, test } from 'bun:test'
import { request } from 'node:http'
import { checkBlob, checkBlobAbsent, deleteBlob } from './support/blobs.ts'
import { useRegistry } from './support/client.ts'
import { content } from './support/content.ts'
import * as m from './support/manifests.ts'
import { olderImage, putImage } from './support/older-suite.ts'

const registry = useRegistry('older-pull')
const target = { registry, name: registry.repository('one') }
const byTag = olderImage('pull/tag')
const byDigest = olderImage('pull/digest')
const dummy = content('hello world').digest

beforeAll(async () => {
  await putImage(target, byTag, 'tagtest0')
  await putImage(target, byDigest, byDigest.manifest.digest)
})

describe('older suite, pull', () => {
  test('HEAD and GET of a blob that is not there: 404', async () => {
    await checkBlobAbsent(target, dummy)
  })

  test('HEAD and GET of a blob that is: 200', async () => {
    await checkBlob(target, byTag.config)
  })

  test('HEAD and GET of a manifest whose name cannot be: 404', async () => {
    await m.checkManifestAbsent(target, '.INVALID_MANIFEST_NAME')
  })

  test.each([
    ['by the digest of one pushed by tag', byTag.manifest.digest, byTag],
    ['by the digest of one pushed by digest', byDigest.manifest.digest, byDigest],
    ['by tag', 'tagtest0', byTag],
  ] as const)('HEAD and GET of a manifest %s: 200', async (_, reference, image) => {
    await m.checkManifest(target, reference, image.manifest)
  })

  test('GET of a digest that is none, with a body: 400 in the words of the spec', async () => {
    const { status, body } = await getWithBody(m.manifestPath(target.name, 'sha256:totallywrong'), 'blablabla')
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] })
  })

  test('teardown: manifests, then blobs', async () => {
    for (const { manifest } of [byTag, byDigest]) await m.deleteManifest(target, manifest.digest)
    for (const blob of [byTag.config, byDigest.config, byTag.layer]) await deleteBlob(target, blob.digest)
  })
})

/** fetch refuses to send one. */
function getWithBody(path: string, text: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': m.OCI_MANIFEST, 'Content-Length': text.length }
    const asked = request(`http://${registry.host}${path}`, { method: 'GET', headers }, (answer) => {
      let body = ''
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      answer.on('end', () => resolve({ status: answer.statusCode, body }))
    })
    asked.on('error', reject)
    asked.end(text)
  })
}
