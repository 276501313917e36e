import type { Command } from 'commander'
import { requireFound } from '../access/management.ts'
import { findGroup, listGroups, listMembers } from '../auth/group-store.ts'
import { addGroupMember, createGroup, removeGroup, removeGroupMember } from '../auth/manage-groups.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print } from './output.ts'

export function addGroupCommands(program: Command): void {
  const group = program.command('group').description('Manage groups of users.')
  withConfig(group.command('add <name>').description('Make a group.')).action(async (name: string, flags: Flags) => {
    await withManagement({ ...(await offlineOf(flags)), create: true }, (m) => createGroup(m, BY_OPERATOR, name))
    print(`The group "${name}" was made.`)
  })
  withConfig(group.command('remove <name>').description('Remove a group, with its grants.')).action(
    async (name: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), (m) => removeGroup(m, BY_OPERATOR, name))
      print(`The group "${name}" was removed.`)
    },
  )
  withConfig(group.command('list').description('List the groups; those of providers are PROVIDER:NAME.')).action(
    async (flags: Flags) => {
      for (const { name } of await withManagement(await offlineOf(flags), (m) =>
        listGroups(m.database.reader, '', 100_000),
      ))
        print(name)
    },
  )
  withConfig(group.command('members <name>').description('List who is in a group.')).action(
    async (name: string, flags: Flags) => {
      const members = await withManagement(await offlineOf(flags), async ({ database: { reader } }) =>
        listMembers(reader, requireFound(await findGroup(reader, name), `group "${name}"`).id),
      )
      for (const member of members) print(member)
    },
  )
  withConfig(group.command('join <group> <user>').description('Put a user into a group.')).action(
    async (name: string, user: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), (m) => addGroupMember(m, BY_OPERATOR, { group: name, user }))
      print(`"${user}" is in the group "${name}".`)
    },
  )
  withConfig(group.command('leave <group> <user>').description('Take a user out of a group.')).action(
    async (name: string, user: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), (m) => removeGroupMember(m, BY_OPERATOR, { group: name, user }))
      print(`"${user}" is not in the group "${name}" any more.`)
    },
  )
}
