import { resolve } from 'node:path'
import { rightsIn, syncTimeMs } from '../lib/folder-facts.ts'
import { type Check, type Finding, reporter } from './finding.ts'

const { ok, warn, fail } = reporter('folder')
/** A local disk takes up to some ten milliseconds; what takes longer is a network's, or is worn out. */
const SLOW_SYNC_MS = 50
const VERY_SLOW_SYNC_MS = 500

export const checkFolder: Check = async ({ data, database, storage }) => {
  if (database !== undefined && storage !== undefined) return [ok('nothing is kept in the data folder')]
  const path = resolve(data)
  const rights = await rightsIn(data)
  if (rights === undefined)
    return [
      fail(`there is no folder ${path}`, 'Say where the data is (--data), or start the server once: it makes it.'),
    ]
  if (!rights.mayWrite) {
    const advice = `Run this as the user that serves (the folder belongs to ${rights.uid}), or give it to that user with chown -R.`
    return [fail(`this user may not read and write in ${path}`, advice)]
  }
  return [openness(path, rights.isOpenToOthers), syncing(await syncTimeMs(data))]
}

function openness(path: string, isOpenToOthers: boolean): Finding {
  if (!isOpenToOthers) return ok(`${path} can be written, and others on this machine cannot look into it`)
  return warn(
    `everybody on this machine can look into ${path}`,
    `chmod 750 ${path}: private images and hashes of passwords lie there.`,
  )
}

function syncing(ms: number): Finding {
  const message = `a small write is on the disk after ${ms.toFixed(1)} ms`
  if (ms < SLOW_SYNC_MS) return ok(message)
  const advice = 'Every push waits for a few of these: use a local SSD, not a network file system.'
  return ms < VERY_SLOW_SYNC_MS ? warn(message, advice) : fail(message, advice)
}
