import { Problem } from '../lib/problem.ts'
import type { Executor, Transaction } from '../metadata/db.ts'

export interface Group {
  readonly id: number
  readonly name: string
}

const LOCAL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const EXTERNAL_NAME = /^[a-z][a-z0-9-]{0,31}:[^\p{Cc}]{1,255}$/u
export const LOCAL_SOURCE = 'local'

/** Ours have no colon; `provider:name` is a provider's. @throws Problem */
export function parseGroupName(text: string): string {
  if (LOCAL_NAME.test(text) || EXTERNAL_NAME.test(text)) return text
  throw new Problem(
    'invalid',
    'a group name has 1 to 64 lower-case letters, digits, ".", "_" and "-"; a provider’s group is written PROVIDER:NAME',
  )
}

export function isExternalGroup(name: string): boolean {
  return name.includes(':')
}

export async function findGroup(executor: Executor, name: string): Promise<Group | undefined> {
  return executor.db.selectFrom('groups').select(['id', 'name']).where('name', '=', name).executeTakeFirst()
}

export async function findGroupById(executor: Executor, id: number): Promise<Group | undefined> {
  return executor.db.selectFrom('groups').select(['id', 'name']).where('id', '=', id).executeTakeFirst()
}

export async function ensureGroup(tx: Transaction, name: string, now: Date): Promise<number> {
  const found = await findGroup(tx, name)
  if (found !== undefined) return found.id
  const row = await tx.db
    .insertInto('groups')
    .values({ name, created_at: now.getTime() })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

export async function listGroups(executor: Executor, after = '', limit = 1000): Promise<Group[]> {
  return executor.db
    .selectFrom('groups')
    .select(['id', 'name'])
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
}

export async function deleteGroup(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('groups').where('id', '=', id).execute()
}

/** All groups that a user is in, whoever says so. */
export async function findGroupsOf(executor: Executor, userId: string): Promise<Group[]> {
  return executor.db
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.id', 'group_members.group_id')
    .select(['groups.id', 'groups.name'])
    .distinct()
    .where('group_members.user_id', '=', userId)
    .orderBy('groups.name')
    .execute()
}

/** Names of the users in a group, in order. */
export async function listMembers(executor: Executor, groupId: number): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('group_members')
    .innerJoin('users', 'users.id', 'group_members.user_id')
    .select('users.name')
    .distinct()
    .where('group_members.group_id', '=', groupId)
    .orderBy('users.name')
    .execute()
  return rows.map((row) => row.name)
}

export async function addMember(tx: Transaction, groupId: number, userId: string, source: string): Promise<void> {
  await tx.db
    .insertInto('group_members')
    .values({ group_id: groupId, user_id: userId, source })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Returns whether the user was a member by that source. */
export async function removeMember(tx: Transaction, groupId: number, userId: string, source: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('group_members')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .where('source', '=', source)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Names of the groups that a provider put a user into, in order. */
export async function findSourceGroups(executor: Executor, userId: string, source: string): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.id', 'group_members.group_id')
    .select('groups.name')
    .where('group_members.user_id', '=', userId)
    .where('group_members.source', '=', source)
    .orderBy('groups.name')
    .execute()
  return rows.map((row) => row.name)
}

/** Exactly these from now on: a group that the provider took away is gone (CVE-2025-23208). */
export async function replaceSourceGroups(
  tx: Transaction,
  member: { readonly userId: string; readonly source: string },
  names: readonly string[],
  now: Date,
): Promise<void> {
  const { userId, source } = member
  await tx.db.deleteFrom('group_members').where('user_id', '=', userId).where('source', '=', source).execute()
  for (const name of names) await addMember(tx, await ensureGroup(tx, name, now), userId, source)
}
