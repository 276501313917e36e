import { z } from 'zod'
import type { BackupFolder } from '../storage/backup-folder.ts'

/** The format of what lies in the folder. */
export const FORMAT = 1

const about = z.object({
  format: z.int(),
  /** Which of the databases in the folder it is. */
  id: z.string().regex(/^[0-9a-f]+$/),
  /** Of the program that wrote it. */
  version: z.string(),
  /** The moment whose content it holds. */
  createdAt: z.iso.datetime(),
  blobs: z.int(),
  objects: z.int(),
  bytes: z.int(),
  /** Objects that were missing or damaged at their source. */
  faults: z.int(),
  database: z.object({ bytes: z.int(), digest: z.string() }),
})

/** What a backup holds, as `backup.json` says. */
export type About = z.infer<typeof about>

/** @throws Error with a sentence for people when no backup was finished there */
export async function readAbout(folder: BackupFolder): Promise<About> {
  const text = await folder.readAbout()
  if (text === undefined)
    throw new Error(
      `there is no finished backup in ${folder.path}: backup.json is missing; if one was broken off, run it again`,
    )
  const parsed = about.safeParse(text)
  if (!parsed.success) throw new Error(`${folder.path}/backup.json is damaged, or from another version of Berth`)
  if (parsed.data.format !== FORMAT)
    throw new Error(`this backup has format ${parsed.data.format}, which is not known here`)
  return parsed.data
}
