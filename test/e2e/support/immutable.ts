import type { World } from '../../access/support/world.ts'
import { basic } from './server.ts'

/** A rule of a project that makes tags immutable. */
export async function addImmutabilityRule(world: World, project: string, tags: string): Promise<void> {
  const admin = await world.user('rule-maker', { systemRole: 'administrator' })
  const answer = await world.api('POST', `/projects/${project}/immutability`, basic(admin.name, admin.password), {
    tags,
  })
  if (answer.status >= 300) throw new Error(answer.text)
}
