import { z } from 'zod'
import { REPOSITORY_ACTIONS, type RepositoryAction } from '../../access/actions.ts'
import type { Resource } from '../../access/authorizer.ts'
import type { Management } from '../../access/management.ts'
import type { Principal } from '../../auth/principal.ts'

export const mayField = z.array(z.enum(REPOSITORY_ACTIONS)).describe('What the caller may do here, now.')

export async function actionsAllowed(
  { m, principal }: { readonly m: Management; readonly principal: Principal },
  on: Resource,
): Promise<RepositoryAction[]> {
  const decisions = await Promise.all(REPOSITORY_ACTIONS.map((action) => m.authorizer.allows(principal, action, on)))
  return REPOSITORY_ACTIONS.filter((_, index) => decisions[index]?.allowed)
}
