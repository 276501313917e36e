import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBlob, checkBlobAbsent } from '../conformance/support/blobs.ts'
import { check } from '../conformance/support/check.ts'
import { content, randomContent } from '../conformance/support/content.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { rowsIn } from '../support/rows.ts'
import { head, RawConnection } from './support/raw.ts'
import { PATIENCE_MS, uploadFiles, useServer } from './support/server.ts'
import { until } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()
const target = { registry: server, name: 'e2e/small/uploads' }
const UNKNOWN = { status: 404, error: 'BLOB_UPLOAD_UNKNOWN' }

function idOf(location: string): string {
  return location.split('/').at(-1) ?? ''
}

function change(location: string, set: string): Promise<unknown[]> {
  return rowsIn(server.running.dataDir, `update uploads set ${set} where id = ?`, [idOf(location)])
}

describe('a small blob that comes whole with the closing PUT', () => {
  test('is put after what another process received of it', async () => {
    const whole = randomContent('small/two', 3000)
    const location = await uploads.startUpload(target)
    await appendFile(join(server.running.dataDir, 'uploads', idOf(location)), whole.bytes.subarray(0, 1000))
    await change(location, `last_writer = 'another'`)
    const rest = {
      body: new Uint8Array(whole.bytes.subarray(1000)),
      headers: uploads.OCTETS,
      query: { digest: whole.digest },
    }
    check(await server.send('PUT', location, rest), { status: 201 })
    await checkBlob(target, whole)
  })

  test('is no blob by itself when another process received something before', async () => {
    const [before, after] = [randomContent('small/before', 1000), randomContent('small/after', 2000)]
    const location = await uploads.startUpload(target)
    await appendFile(join(server.running.dataDir, 'uploads', idOf(location)), before.bytes)
    await change(location, `last_writer = 'another'`)
    const rest = { body: new Uint8Array(after.bytes), headers: uploads.OCTETS, query: { digest: after.digest } }
    check(await server.send('PUT', location, rest), { status: 400, error: 'DIGEST_INVALID' })
    await checkBlobAbsent(target, after.digest)
  })

  test('is not taken while another process writes', async () => {
    const blob = randomContent('small/held', 1000)
    const location = await uploads.startUpload(target)
    await change(location, `writer = 'another'`)
    const put = { body: new Uint8Array(blob.bytes), headers: uploads.OCTETS, query: { digest: blob.digest } }
    check(await server.send('PUT', location, put), { status: 416, error: 'BLOB_UPLOAD_INVALID' })
    await change(location, 'writer = null')
    check(await server.send('PUT', location, put), { status: 201 })
    await checkBlob(target, blob)
  })

  test('is discarded with its upload when it has another digest', async () => {
    const blob = randomContent('small/wrong', 1000)
    const location = await uploads.startUpload(target)
    const put = {
      body: new Uint8Array(blob.bytes),
      headers: uploads.OCTETS,
      query: { digest: content('other').digest },
    }
    check(await server.send('PUT', location, put), { status: 400, error: 'DIGEST_INVALID' })
    check(await server.send('GET', location), UNKNOWN)
    expect(await uploadFiles(server.running.dataDir)).not.toContain(idOf(location))
  })

  test('can come again when the connection broke before its end', async () => {
    const blob = randomContent('small/broken', 1000)
    const location = await uploads.startUpload(target)
    const connection = await RawConnection.open(server.url)
    connection.write(head('PUT', `${location}?digest=${blob.digest}`, ['Content-Length: 1000']))
    connection.write(Buffer.from(blob.bytes.subarray(0, 500)))
    connection.destroy()
    const put = { body: new Uint8Array(blob.bytes), headers: uploads.OCTETS, query: { digest: blob.digest } }
    const stored = await until('the upload is free', async () => {
      const answer = await server.send('PUT', location, put)
      return answer.status === 201 ? answer : undefined
    })
    check(stored, uploads.created(target.name, blob.digest))
    await checkBlob(target, blob)
    check(await server.send('GET', location), UNKNOWN)
  })

  test('leaves an upload open that it was too long for', async () => {
    const blob = randomContent('small/range', 1000)
    const location = await uploads.startUpload(target)
    const headers = { ...uploads.OCTETS, 'Content-Range': '0-998' }
    const put = { body: new Uint8Array(blob.bytes), headers, query: { digest: blob.digest } }
    expect((await server.send('PUT', location, put)).status).toBe(400)
    check(await server.send('GET', location), { status: 204, headers: { Range: '0-0' } })
    const whole = { start: 0, bytes: blob.bytes }
    check(await uploads.finish(server, location, blob.digest, whole), uploads.created(target.name, blob.digest))
  })
})
