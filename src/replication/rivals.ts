import { isRepositoryName, type Tag } from '../oci/name.ts'
import { whyUnwanted } from './content-filter.ts'
import { nameOrNone } from './selection.ts'
import { forgetOthers, knownThere, repositoriesWithTag } from './tag-store.ts'
import type { PlaceThere } from './transfer.ts'
import type { Work } from './work.ts'

/** An image where images come from, and the name that it gets. */
interface Claim {
  readonly from: string
  readonly to: string
  readonly tag: Tag
}

/** Several images go to one place only where names lose something on the way. */
function mayMeet({ rule: { body } }: Work): boolean {
  return body.flatten || body.stripPrefix !== ''
}

/**
 * Another image of the source that the rule would bring to the same tag. `before`: the first by byte order of the names,
 * if it comes before this one: that is the one that is brought, whichever was pushed first. `any`: one that still is
 * there, so that nothing may go. @throws RemoteError
 */
export async function rivalOf(work: Work, claim: Claim, which: 'before' | 'any'): Promise<string | undefined> {
  if (!mayMeet(work)) return undefined
  for (const name of await candidates(work, claim)) {
    if (which === 'before' && name >= claim.from) return undefined
    const { rule, source, signal } = work
    if (name === claim.from || !rule.selectsRepository(name) || nameOrNone(rule, name) !== claim.to) continue
    const digest = (await source.resolve(name, claim.tag, signal))?.digest
    if (digest !== undefined && (await whyUnwanted(rule, { source, name, digest, signal })) === undefined) return name
  }
  return undefined
}

export function whyNotFirst(rival: string, to: string): string {
  return `${rival} goes to ${to} too, and comes first; nothing of this one is brought`
}

/** By name. */
async function candidates({ rule, registry, sourceNames }: Work, { to, tag }: Claim): Promise<readonly string[]> {
  if (rule.direction === 'pull') return (await sourceNames()).filter(isRepositoryName)
  const ending = to.slice(rule.body.addPrefix.length)
  return repositoriesWithTag(registry.database.reader, tag, ending)
}

/** Whether what is at the remote was brought there by the same rule, of another repository that went to the same place. */
export async function isFromRival(work: Work, at: PlaceThere, digest: string | undefined): Promise<boolean> {
  if (digest === undefined || !mayMeet(work)) return false
  const { id, remoteId } = work.rule
  const known = await knownThere(work.registry.database.reader, { remoteId, there: at.there, tag: at.tag })
  return known.some(
    (each) => each.rule === id && each.repository !== at.repository && each.brought && each.digest === digest,
  )
}

/** From now on this repository is the one of which the place has its image. */
export async function inherit({ registry, rule }: Work, at: PlaceThere): Promise<void> {
  await registry.database.writeQuietly((tx) => forgetOthers(tx, rule.id, at))
}
