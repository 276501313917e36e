import { type Command, Option } from 'commander'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { readPassword } from './password.ts'
import {
  addUserCommand,
  changePasswordCommand,
  changeUserCommand,
  listUsersCommand,
  removeUserCommand,
  signOutUserCommand,
  type UserFlags,
} from './user.ts'

const ROLE_FLAG = () =>
  new Option('--role <role>', 'administrator, auditor or none').choices(['administrator', 'auditor', 'none'])

export function addUserCommands(program: Command): void {
  const user = program.command('user').description('Manage the users of this registry.')
  withConfig(
    user
      .command('add <name>')
      .description(
        'Add a user; the password is asked for, or read from standard input. The first is an administrator.',
      ),
  )
    .addOption(ROLE_FLAG())
    .option('--email <address>', 'links the user to whoever signs in elsewhere with this verified address')
    .option('--no-password', 'the user signs in elsewhere only')
    .action(async (name: string, flags: Flags & UserFlags & { password: boolean }) =>
      addUserCommand(await offlineOf(flags), name, {
        password: flags.password ? await readPassword() : undefined,
        ...(flags.email === undefined ? {} : { email: flags.email }),
        ...(flags.role === undefined ? {} : { role: flags.role }),
      }),
    )
  withConfig(user.command('password <name>').description('Change a password.')).action(
    async (name: string, flags: Flags) => changePasswordCommand(await offlineOf(flags), name, await readPassword()),
  )
  withConfig(user.command('set <name>').description('Change a user’s role or address, disable or enable it.'))
    .addOption(ROLE_FLAG())
    .option('--email <address>', 'links the user to whoever signs in elsewhere with this verified address')
    .option('--disable', 'nothing of this user is accepted any more')
    .option('--enable', 'the user may sign in again')
    .action(async (name: string, flags: Flags & UserFlags) => changeUserCommand(await offlineOf(flags), name, flags))
  withConfig(user.command('sign-out <name>').description('End all sessions and tokens of a user.')).action(
    async (name: string, flags: Flags) => signOutUserCommand(await offlineOf(flags), name),
  )
  withConfig(user.command('remove <name>').description('Remove a user.')).action(async (name: string, flags: Flags) =>
    removeUserCommand(await offlineOf(flags), name),
  )
  withConfig(user.command('list').description('List the users.')).action(async (flags: Flags) =>
    listUsersCommand(await offlineOf(flags)),
  )
}
