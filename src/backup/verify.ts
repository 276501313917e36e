import { inLanes } from '../lib/lanes.ts'
import { allBlobs, type BlobRecord, readSmallBlob } from '../metadata/blobs.ts'
import type { Executor } from '../metadata/db.ts'
import { openSnapshot } from '../metadata/snapshot.ts'
import { computeDigest, digestOfBytes } from '../registry/running-hashes.ts'
import type { BackupFolder } from '../storage/backup-folder.ts'
import { type About, readAbout } from './about.ts'
import { databaseDigest } from './back-up.ts'

const LANES = 2

export interface VerifyReport extends About {
  readonly problems: readonly string[]
}

/** Reads a backup again and compares it with its digests; `quick` compares the sizes of objects only. */
export async function verifyBackup(
  folder: BackupFolder,
  { quick }: { readonly quick: boolean },
): Promise<VerifyReport> {
  const about = await readAbout(folder)
  const broken = await databaseProblem(folder, about)
  if (broken !== undefined) return { ...about, problems: [broken] }
  const snapshot = openSnapshot(folder.databasePath(about.id))
  try {
    const problems = snapshot.integrityErrors().map((problem) => `database: ${problem}`)
    await inLanes(allBlobs(snapshot.reader), LANES, async (blob) => {
      const problem =
        blob.storageKey === undefined
          ? await rowProblem(snapshot.reader, blob)
          : await objectProblem(folder, { ...blob, storageKey: blob.storageKey }, quick)
      if (problem !== undefined) problems.push(`blob ${blob.digest}: ${problem}`)
    })
    return { ...about, problems }
  } finally {
    snapshot.close()
  }
}

/** What is wrong with the database file, before anything in it is believed. */
export async function databaseProblem(folder: BackupFolder, { id, database }: About): Promise<string | undefined> {
  const bytes = folder.databaseBytes(id)
  if (bytes === undefined) return 'the database is missing'
  if (bytes !== database.bytes) return `the database has ${bytes} bytes instead of ${database.bytes}`
  return (await databaseDigest(folder, id)) === database.digest ? undefined : 'the bytes of the database have changed'
}

async function rowProblem(reader: Executor, { digest }: BlobRecord): Promise<string | undefined> {
  const content = await readSmallBlob(reader, digest)
  if (content === undefined) return 'its bytes are missing from the database'
  return digestOfBytes(digest, content) === digest ? undefined : 'its bytes in the database have changed'
}

async function objectProblem(
  { objects }: BackupFolder,
  { digest, sizeBytes, storageKey }: BlobRecord & { readonly storageKey: string },
  quick: boolean,
): Promise<string | undefined> {
  const found = await objects.stat(storageKey)
  if (found === undefined) return 'its bytes are missing'
  if (found.sizeBytes !== sizeBytes) return `has ${found.sizeBytes} bytes instead of ${sizeBytes}`
  if (quick) return undefined
  const opened = await objects.open(storageKey)
  if (opened === undefined) return 'its bytes are missing'
  return (await computeDigest(opened.content, digest)) === digest ? undefined : 'its bytes have changed'
}
