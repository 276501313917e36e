import { afterAll, beforeAll, setDefaultTimeout } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeBlobStore } from '../../../test/contract/blob-store.ts'
import { describeWithGateway, gateway, storageAddress } from '../../../test/support/rgw.ts'
import { openS3Store } from './store.ts'

setDefaultTimeout(60_000)

describeWithGateway('S3', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-s3-'))
    const { accessKeyId, secretAccessKey } = await gateway()
    await writeFile(join(folder, 'key'), `${accessKeyId}:${secretAccessKey}\n`)
  }, 120_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  describeBlobStore('a bucket of Ceph', async () => {
    const { endpoint, makeBucket } = await gateway()
    const address = storageAddress(endpoint, await makeBucket(), { accessKeyFile: join(folder, 'key') })
    return { store: await openS3Store(address), reopen: () => openS3Store(address), close: async () => undefined }
  })
})
