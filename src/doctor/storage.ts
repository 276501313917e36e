import { randomId } from '../lib/ids.ts'
import { rightsIn } from '../lib/folder-facts.ts'
import { join } from 'node:path'
import { environment } from '../config/environment.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { openStore } from '../storage/open.ts'
import { type Check, reasonOf, reporter } from './finding.ts'

const { ok, fail } = reporter('storage')
const TEXT = 'a probe of berth doctor, which may be removed'
const ADVICE = 'Look at --storage, its credentials and rights: objects are written, read in parts and deleted.'

/** Writes, reads, reads in part and deletes one object. */
export const checkStorage: Check = async ({ data, storage, encryption, adopt }) => {
  if (storage === undefined) {
    // Opening the storage would make the folder.
    if ((await rightsIn(data)) === undefined) return []
    if ((await rightsIn(join(data, 'blobs'))) === undefined)
      return [fail('the folder "blobs" is missing', 'Is a disk not mounted? "berth restore" brings back a backup.')]
  }
  try {
    const store = await openStore({ data, storage, encryption, adopt, environment })
    const startedAt = performance.now()
    await tryOut(store)
    return [
      ok(`an object was written, read, read in part and deleted in ${Math.round(performance.now() - startedAt)} ms`),
    ]
  } catch (error) {
    return [fail(reasonOf(error), ADVICE)]
  }
}

async function tryOut(store: BlobStore): Promise<void> {
  await store.probe()
  const key = `doctor-${randomId()}`
  try {
    await store.put(key, new Blob([TEXT]))
    if ((await readText(store, key)) !== TEXT) throw new Error('an object came back different from what was written')
    if ((await readText(store, key, { start: 2, end: 6 })) !== TEXT.slice(2, 7))
      throw new Error('a part of an object came back different from what was asked for')
  } finally {
    await store.delete(key)
  }
  if ((await store.stat(key)) !== undefined) throw new Error('an object is still there after it was deleted')
}

async function readText(store: BlobStore, key: string, range?: { start: number; end: number }): Promise<string> {
  const opened = await store.open(key, range)
  if (opened === undefined) throw new Error('an object is not there after it was written')
  return new TextDecoder().decode(await opened.content.arrayBuffer())
}
