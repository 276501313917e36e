import { unlinkBlob } from './blob-links.ts'
import type { Transaction } from './db.ts'
import type { RepositoryId } from './repositories.ts'

/** Removes a repository that holds no manifest, with its history and what it still links to. */
export async function removeRepository(tx: Transaction, id: RepositoryId, now: Date): Promise<void> {
  const links = await tx.db.selectFrom('repository_blobs').select('digest').where('repository_id', '=', id).execute()
  for (const { digest } of links) await unlinkBlob(tx, { repository: id, digest }, now)
  await tx.db.deleteFrom('tag_events').where('repository_id', '=', id).execute()
  await tx.db.deleteFrom('deletions').where('repository_id', '=', id).execute()
  await tx.db.deleteFrom('repositories').where('id', '=', id).execute()
}
