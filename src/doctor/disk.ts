import { resolve } from 'node:path'
import { rightsIn, roomIn } from '../lib/folder-facts.ts'
import { type Check, reporter } from './finding.ts'

const { ok, warn, fail } = reporter('disk')
const GIB = 1024 ** 3
const INODES_WARN = 90
const INODES_FAIL = 98

export const checkDisk: Check = async ({ data, disk }) => {
  if ((await rightsIn(data)) === undefined) return []
  const { freeBytes, usedPercent, inodesUsedPercent: inodes } = await roomIn(data)
  const room = `${usedPercent} % of the disk of ${resolve(data)} are in use, ${(freeBytes / GIB).toFixed(1)} GiB are free`
  const advice = 'Delete images, empty the recycle bin (berth bin empty), or give it a larger disk.'
  const found = [usedPercent >= disk.refuseAt ? fail(`${room}: uploads are refused`, advice) : roomLeft(room)]
  if (inodes === undefined) return found
  const files = `${inodes} % of its inodes are in use`
  const fewer =
    'Each blob above 16 KiB is a file: give the data a file system with more inodes (mkfs -i), or use --storage.'
  if (inodes >= INODES_FAIL) return [...found, fail(files, fewer)]
  return [...found, inodes >= INODES_WARN ? warn(files, fewer) : ok(files)]

  function roomLeft(text: string) {
    return usedPercent >= disk.warnAt ? warn(`${text} (uploads are refused at ${disk.refuseAt} %)`, advice) : ok(text)
  }
}
