import { beforeAll, setDefaultTimeout } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeBlobStore } from '../../../test/contract/blob-store.ts'
import { describeWithGateway, gateway, storageAddress } from '../../../test/support/rgw.ts'
import { openS3Store } from './store.ts'

setDefaultTimeout(60_000)

describeWithGateway('S3', () => {
  beforeAll(() => gateway(), 120_000)

  describeBlobStore('a bucket of Ceph', async () => {
    const address = await storageAddress()
    return { store: await openS3Store(address), reopen: () => openS3Store(address), close: async () => undefined }
  })

  describeBlobStore('a bucket of Ceph with a key of ours (SSE-C)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-s3-'))
    await writeFile(join(folder, 'key'), randomBytes(32))
    const address = await storageAddress({ parameters: { sseCustomerKeyFile: join(folder, 'key') } })
    const close = () => rm(folder, { recursive: true, force: true })
    return { store: await openS3Store(address), reopen: () => openS3Store(address), close }
  })
})
