import { describe, expect, test } from 'bun:test'
import { check, headerOf } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { randomContent } from './support/content.ts'
import * as uploads from './support/uploads.ts'

const registry = useRegistry('sessions')
const target = { registry, name: registry.repository('one') }
const UNKNOWN = { status: 404, error: 'BLOB_UPLOAD_UNKNOWN' }

async function checkGone(location: string): Promise<void> {
  const chunk = { start: 0, bytes: randomContent('sessions/chunk', 16).bytes }
  check(await registry.send('GET', location), UNKNOWN)
  check(await uploads.sendChunk(registry, location, chunk), UNKNOWN)
  check(await registry.send('DELETE', location), UNKNOWN)
}

describe('an upload that ends', () => {
  test.each([0, 512])('end-14: cancelled after %d bytes is 204, then unknown', async (sizeBytes) => {
    let location = await uploads.startUpload(target)
    if (sizeBytes > 0) {
      const chunk = { start: 0, bytes: randomContent('sessions/cancelled', sizeBytes).bytes }
      location = headerOf(await uploads.sendChunk(registry, location, chunk), 'Location')
    }
    check(await registry.send('DELETE', location), { status: 204, headers: { 'Content-Length': null }, body: '' })
    await checkGone(location)
  })

  test('finished is unknown afterwards', async () => {
    const blob = randomContent('sessions/finished', 512)
    const location = await uploads.startUpload(target)
    const end = await uploads.finish(registry, location, blob.digest, { start: 0, bytes: blob.bytes })
    check(end, uploads.created(target.name, blob.digest))
    await checkGone(location)
  })
})

describe('an upload that is not there', () => {
  test('an invented id is unknown', async () => {
    await checkGone(`/v2/${target.name}/blobs/uploads/00000000-0000-4000-8000-000000000000`)
  })

  test('an id of another repository is unknown', async () => {
    const other = registry.repository('other')
    await checkGone((await uploads.startUpload(target)).replace(target.name, other))
  })
})

test('two uploads have two Locations', async () => {
  expect(await uploads.startUpload(target)).not.toBe(await uploads.startUpload(target))
})

test('uploads/ without its slash opens an upload too, without a redirect', async () => {
  check(await registry.send('POST', `/v2/${target.name}/blobs/uploads`), uploads.started(target.name))
})

test('the PUT needs a digest', async () => {
  const answer = await registry.send('PUT', await uploads.startUpload(target), { headers: uploads.OCTETS })
  check(answer, { status: 400, error: 'DIGEST_INVALID' })
})
