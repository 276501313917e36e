import { constants } from 'node:fs'
import { access, open, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { randomId } from './ids.ts'

/** What is left for everybody, as `df` and `df -i` count it. */
export interface FolderRoom {
  readonly freeBytes: number
  readonly usedPercent: number
  /** Undefined where files have no number to run out of. */
  readonly inodesUsedPercent: number | undefined
}

/** @throws the system's error when the folder is not there */
export async function roomIn(folder: string): Promise<FolderRoom> {
  const { bavail, bfree, blocks, bsize, files, ffree } = await statfs(folder)
  return {
    freeBytes: bavail * bsize,
    usedPercent: percentUsed(bavail, blocks - bfree + bavail),
    inodesUsedPercent: files === 0 ? undefined : percentUsed(ffree, files),
  }
}

function percentUsed(free: number, total: number): number {
  return total === 0 ? 0 : Math.round((1 - free / total) * 1000) / 10
}

export interface FolderRights {
  readonly mayWrite: boolean
  /** Whether anybody else on the machine may read what is in it. */
  readonly isOpenToOthers: boolean
  /** Of its owner. */
  readonly uid: number
}

/** Undefined: there is no such folder. */
export async function rightsIn(folder: string): Promise<FolderRights | undefined> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined || !found.isDirectory()) return undefined
  const mayWrite = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  return { mayWrite, isOpenToOthers: (found.mode & 0o005) === 0o005, uid: found.uid }
}

/** How long a small write takes to be on the disk: the middle one of several. Leaves nothing behind. */
export async function syncTimeMs(folder: string): Promise<number> {
  const path = join(folder, `.berth-doctor-${randomId()}`)
  const file = await open(path, 'wx', 0o600)
  const times: number[] = []
  try {
    for (let round = 0; round < 5; round++) {
      const startedAt = performance.now()
      await file.write('probe')
      await file.datasync()
      times.push(performance.now() - startedAt)
    }
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
  return times.sort((a, b) => a - b)[2] ?? 0
}
