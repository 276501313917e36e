import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { describeBlobStore } from '../../../test/contract/blob-store.ts'
import { type GcsStub, startGcsStub } from '../../../test/support/gcs-stub.ts'
import { describeWithGateway } from '../../../test/support/rgw.ts'
import { openGcsStore } from './store.ts'

setDefaultTimeout(60_000)

const MIB = 1024 * 1024
const ID = '0123456789abcdef0123456789abcdef'
const KEY = `o/01/${ID}`

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

describeWithGateway('a stand-in for Google Cloud Storage, with Ceph behind it', () => {
  let stub: GcsStub
  beforeAll(async () => {
    stub = await startGcsStub()
  }, 120_000)
  afterAll(() => stub?.close())

  const addressOf = (bucket: string, credentialsFile = stub.credentialsFile) =>
    `gs://${bucket}/some/prefix?${new URLSearchParams({ endpoint: stub.endpoint, credentialsFile })}`

  describeBlobStore('a bucket', async () => {
    const address = addressOf(await stub.makeBucket())
    const open = async () => openGcsStore(address)
    return { store: await open(), reopen: open, close: async () => undefined }
  })

  describe('a bucket', () => {
    it('takes an upload in parts from two processes, which goes out once to its final key', async () => {
      const address = addressOf(await stub.makeBucket())
      const [store, other] = [openGcsStore(address), openGcsStore(address)]
      const bytes = randomBytes(30 * MIB)
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(bytes.subarray(0, 17 * MIB)))
      other.uploads.forget(ID)
      expect(await other.uploads.size(ID)).toBe(17 * MIB)
      await other.uploads.append(ID, 17 * MIB, pieces(bytes.subarray(17 * MIB)), { last: true })
      await other.uploads.commit(ID, KEY)
      expect(
        Buffer.from((await (await store.open(KEY))?.content.arrayBuffer()) ?? new ArrayBuffer(0)).equals(bytes),
      ).toBe(true)
    })

    it('has an upload cut back without copies by Google, which makes none', async () => {
      const store = openGcsStore(addressOf(await stub.makeBucket()))
      const bytes = randomBytes(30 * MIB)
      await store.uploads.start(ID)
      await store.uploads.append(ID, 0, pieces(bytes.subarray(0, 20 * MIB)))
      await store.uploads.truncate(ID, 13 * MIB + 5)
      await store.uploads.append(ID, 13 * MIB + 5, pieces(bytes.subarray(13 * MIB + 5)))
      await store.uploads.commit(ID, KEY)
      expect(
        Buffer.from((await (await store.open(KEY))?.content.arrayBuffer()) ?? new ArrayBuffer(0)).equals(bytes),
      ).toBe(true)
    })

    it('gives URLs that read one object, as a download', async () => {
      const store = openGcsStore(addressOf(await stub.makeBucket()))
      await store.put(KEY, new Blob(['hello']))
      const url = await store.directUrl(KEY, 3_600_000)
      expect(url?.searchParams.get('X-Goog-Expires')).toBe('120')
      const whole = await fetch(url ?? '')
      expect([whole.status, await whole.text()]).toEqual([200, 'hello'])
      expect(whole.headers.get('content-disposition')).toBe('attachment')
      const part = await fetch(url ?? '', { headers: { range: 'bytes=1-2' } })
      expect([part.status, await part.text()]).toEqual([206, 'el'])
      expect((await fetch(url ?? '', { method: 'DELETE' })).status).toBe(403)
      const elsewhere = new URL(url ?? '')
      elsewhere.pathname += 'x'
      expect((await fetch(elsewhere)).status).toBe(403)
    })

    it('refuses whoever it does not know, and says so without a secret', async () => {
      const store = openGcsStore(addressOf(await stub.makeBucket(), stub.strangersFile))
      const error: unknown = await store.probe().catch((thrown: unknown) => thrown)
      expect(String(error)).toMatch(/Google Cloud Storage PutObject in bucket .*AuthenticationRequired \(401/)
      expect(Bun.inspect(error)).not.toMatch(/Bearer|eyJ|PRIVATE KEY/)
    })

    it('says at once when there are no credentials', async () => {
      const store = openGcsStore(addressOf(await stub.makeBucket(), '/nowhere/credentials.json'))
      await expect(store.probe()).rejects.toThrow(/Google's credentials: .*\/nowhere\/credentials\.json/)
      await expect(store.directUrl(KEY, 1000)).rejects.toThrow('/nowhere/credentials.json')
    })
  })
})
