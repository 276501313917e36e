import type { Management } from '../access/management.ts'
import type { Principal } from '../auth/principal.ts'
import { UnknownDeletion } from '../http/api/admit-api.ts'
import { Problem } from '../lib/problem.ts'
import { type BinEntry, findBinEntry } from '../metadata/bin-list.ts'

/**
 * A deletion, for whoever may do this in the repository that it was in. To others it is not there.
 * @throws Problem
 */
export async function deletionFor(
  m: Management,
  principal: Principal,
  id: number,
  action: 'delete' | 'manage',
): Promise<BinEntry> {
  const entry = await findBinEntry(m.database.reader, id)
  if (entry === undefined) throw new UnknownDeletion(id)
  const on = { repository: entry.repository }
  const { allowed, rule } = await m.authorizer.allows(principal, action, on)
  if (allowed) return entry
  if (action !== 'delete' && (await m.authorizer.allows(principal, 'delete', on)).allowed)
    throw new Problem('forbidden', rule)
  throw new UnknownDeletion(id)
}
