import type { Management } from '../access/management.ts'
import { findProject } from '../access/project-store.ts'
import type { RegistryEvent } from '../events/event.ts'

/** Whether an event is of this project; those of the whole registry hear of everything. */
export async function isOfProject(
  m: Management,
  projectId: number | undefined,
  event: RegistryEvent,
): Promise<boolean> {
  if (projectId === undefined) return true
  if (event.repository !== undefined) return (await m.access.projectOf(event.repository))?.id === projectId
  if (!event.target.startsWith('project:')) return false
  return (await findProject(m.database.reader, event.target.slice('project:'.length)))?.id === projectId
}
