import { deleteGrantsOf } from '../access/grant-store.ts'
import { type By, change, type Management, requireFound } from '../access/management.ts'
import { Problem } from '../lib/problem.ts'
import {
  addMember,
  deleteGroup,
  ensureGroup,
  findGroup,
  isExternalGroup,
  LOCAL_SOURCE,
  parseGroupName,
  removeMember,
} from './group-store.ts'
import { findUser } from './user-store.ts'

/** @throws Problem */
export async function createGroup(m: Management, by: By, text: string): Promise<void> {
  const name = parseGroupName(text)
  await change(m, by, { action: 'group.created', target: `group:${name}` }, async (tx) => {
    if ((await findGroup(tx, name)) !== undefined) throw new Problem('conflict', `there is a group "${name}" already`)
    await ensureGroup(tx, name, m.clock.now())
  })
}

/** Its grants go too. @throws Problem */
export async function removeGroup(m: Management, by: By, name: string): Promise<void> {
  await change(m, by, { action: 'group.removed', target: `group:${name}` }, async (tx) => {
    const group = requireFound(await findGroup(tx, name), `group "${name}"`)
    await deleteGrantsOf(tx, `group:${group.id}`)
    await deleteGroup(tx, group.id)
  })
}

export interface Membership {
  readonly group: string
  readonly user: string
}

/** @throws Problem */
export async function addGroupMember(m: Management, by: By, { group, user }: Membership): Promise<void> {
  requireLocal(group)
  await change(m, by, { action: 'group.member-added', target: `group:${group}`, detail: { user } }, async (tx) => {
    const { id } = requireFound(await findGroup(tx, group), `group "${group}"`)
    const member = requireFound(await findUser(tx, user), `user "${user}"`)
    await addMember(tx, id, member.id, LOCAL_SOURCE)
  })
}

/** @throws Problem */
export async function removeGroupMember(m: Management, by: By, { group, user }: Membership): Promise<void> {
  requireLocal(group)
  await change(m, by, { action: 'group.member-removed', target: `group:${group}`, detail: { user } }, async (tx) => {
    const { id } = requireFound(await findGroup(tx, group), `group "${group}"`)
    const member = requireFound(await findUser(tx, user), `user "${user}"`)
    if (!(await removeMember(tx, id, member.id, LOCAL_SOURCE)))
      throw new Problem('not-found', `"${user}" is not in the group "${group}"`)
  })
}

function requireLocal(group: string): void {
  if (!isExternalGroup(group)) return
  throw new Problem('invalid', `who is in "${group}" is decided by the provider ${group.split(':')[0]}`)
}
