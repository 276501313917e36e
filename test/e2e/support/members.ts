import { addGrant, type GrantInput } from '../../../src/access/manage-projects.ts'
import { findProject } from '../../../src/access/project-store.ts'
import type { App } from '../../../src/app.ts'
import { OPERATOR } from '../../../src/lib/actor.ts'

/** What "berth grant" does, in this very process. */
export async function addMember(
  { management }: App,
  { project, ...input }: GrantInput & { readonly project: string },
): Promise<void> {
  const found = await findProject(management.database.reader, project)
  if (found === undefined) throw new Error(`there is no project ${project}`)
  await addGrant(management, { actor: OPERATOR, principal: undefined }, found, input)
}
