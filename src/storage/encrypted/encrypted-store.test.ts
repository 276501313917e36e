import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeBlobStore } from '../../../test/contract/blob-store.ts'
import { openFilesystemStore } from '../filesystem.ts'
import { openEncryptedFiles } from './open.ts'
import { createKeyFile } from './key-file.ts'

describeBlobStore('an encrypted folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-encrypted-'))
  const keyFile = join(folder, 'master.key')
  createKeyFile(keyFile)
  const open = () =>
    openEncryptedFiles(openFilesystemStore(join(folder, 'data')), join(folder, 'data'), {
      ...{ keyFile, previousKeyFiles: [], requireEncrypted: false },
    })
  return { store: await open(), reopen: open, close: () => rm(folder, { recursive: true, force: true }) }
})
