import { resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import { type FolderRoom, rightsIn, roomIn } from '../lib/folder-facts.ts'
import { type Check, type Finding, reporter } from './finding.ts'

const { ok, warn, fail } = reporter('disk')
const GIB = 1024 ** 3
const INODES_WARN = 90
const INODES_FAIL = 98

export const checkDisk: Check = async ({ data, disk }) => {
  if ((await rightsIn(data)) === undefined) return []
  return judgeRoom(resolve(data), await roomIn(data), disk)
}

export function judgeRoom(path: string, room: FolderRoom, limits: Config['disk']): readonly Finding[] {
  const { inodesUsedPercent: inodes } = room
  return [judgeBytes(path, room, limits), ...(inodes === undefined ? [] : [judgeInodes(inodes)])]
}

function judgeBytes(path: string, { freeBytes, usedPercent }: FolderRoom, limits: Config['disk']): Finding {
  const room = `${usedPercent} % of the disk of ${path} are in use, ${(freeBytes / GIB).toFixed(1)} GiB are free`
  const advice = 'Delete images, empty the recycle bin (berth bin empty), or give it a larger disk.'
  if (usedPercent >= limits.refuseAt) return fail(`${room}: uploads are refused`, advice)
  if (usedPercent < limits.warnAt) return ok(room)
  return warn(`${room} (uploads are refused at ${limits.refuseAt} %)`, advice)
}

function judgeInodes(usedPercent: number): Finding {
  const files = `${usedPercent} % of its inodes are in use`
  const advice =
    'Each blob above 16 KiB is a file: give the data a file system with more inodes (mkfs -i), or use --storage.'
  if (usedPercent >= INODES_FAIL) return fail(files, advice)
  return usedPercent >= INODES_WARN ? warn(files, advice) : ok(files)
}
