import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { collect, either, number, parseCount, text } from './choose.ts'
import { at, several, perform } from './command.ts'
import type { ApiCommand, Flags, Said } from './spec.ts'

const USER = ['name', 'systemRole', 'email', 'disabled', 'hasPassword', 'createdAt'] as const
const KEY = ['id', 'name', 'expiresAt', 'scopes'] as const

async function passwordUnless(flags: Flags): Promise<{ password?: string }> {
  if (flags.password === false) return {}
  if (flags.passwordStdin === true)
    throw new UsageError('standard input is for the new password here: sign in with "berth login" or --token-file')
  const { readPassword } = await import('../password.ts')
  return { password: await readPassword() }
}

function changesOfUser({ flags }: Said) {
  const disabled = either(flags, 'disable', 'enable')
  const [systemRole, email] = [
    text(flags, 'role') as 'administrator' | 'auditor' | 'none' | undefined,
    text(flags, 'email'),
  ]
  if (systemRole === undefined && email === undefined && disabled === undefined)
    throw new UsageError('say what to change: --role, --email, --disable or --enable')
  return {
    ...(systemRole && { systemRole }),
    ...(email === undefined ? {} : { email }),
    ...(disabled === undefined ? {} : { disabled }),
  }
}

const name = ({ words }: Said) => words[0] ?? ''

export const USER_COMMANDS: readonly ApiCommand[] = [
  at('user list', 'listUsers', { show: USER }),
  at('user show', 'getUser', {
    path: ['user'],
    define: (command) => command.description('Show a user, and the groups it is in.').argument('<name>'),
  }),
  at('user add', 'createUser', {
    body: async (said) => {
      const role = text(said.flags, 'role') as 'administrator' | 'auditor' | 'none' | undefined
      const email = text(said.flags, 'email')
      return {
        name: name(said),
        ...(await passwordUnless(said.flags)),
        ...(email === undefined ? {} : { email }),
        ...(role === undefined ? {} : { systemRole: role }),
      }
    },
    say: (said) => `User "${name(said)}" was added.`,
  }),
  at('user password', 'changeUser', {
    path: ['user'],
    body: ({ flags }) => passwordUnless(flags),
    say: (said) =>
      `The password of "${name(said)}" was changed; everything signed in as "${name(said)}" must sign in again.`,
  }),
  at('user set', 'changeUser', {
    path: ['user'],
    body: changesOfUser,
    say: (said) => `User "${name(said)}" was changed.`,
  }),
  at('user sign-out', 'signOutUser', {
    path: ['user'],
    say: (said) => `"${name(said)}" was signed out everywhere; API keys stay good.`,
  }),
  at('user remove', 'removeUser', {
    path: ['user'],
    say: (said) => `User "${name(said)}" was removed, with all keys, sessions and tokens.`,
  }),
  at('group list', 'listGroups'),
  at('group add', 'createGroup', {
    body: (said) => ({ name: name(said) }),
    say: (said) => `The group "${name(said)}" was made.`,
  }),
  at('group remove', 'removeGroup', { path: ['group'], say: (said) => `The group "${name(said)}" was removed.` }),
  at('group members', 'getGroup', { path: ['group'], say: (_, { members }) => members.join('\n') }),
  at('group join', 'addGroupMember', {
    path: ['group', 'user'],
    say: ({ words }) => `"${words[1]}" is in the group "${words[0]}".`,
  }),
  at('group leave', 'removeGroupMember', {
    path: ['group', 'user'],
    say: ({ words }) => `"${words[1]}" is not in the group "${words[0]}" any more.`,
  }),
  at('access explain', 'explainAccess', {
    query: ({ words: [who, action, repository = ''] }) => ({
      ...(who === undefined ? {} : { who }),
      action: action as 'pull',
      repository,
    }),
    say: (_, { allowed, rule, considered }) =>
      [`${allowed ? 'Yes' : 'No'}: ${rule}.`, ...considered.map((sentence) => `  ${sentence}`)].join('\n'),
    isNo: ({ allowed }) => !allowed,
  }),
]

function scopesOf(flags: Flags): { scopes?: { pattern: string; allows: string }[] } {
  const said = flags.scope
  if (!Array.isArray(said)) return {}
  return {
    scopes: said.map((scope: string) => {
      const equals = scope.lastIndexOf('=')
      if (equals < 1) throw new UsageError(`"${scope}" is not PATTERN=ROLE, for example "team/**=reader"`)
      return { pattern: scope.slice(0, equals), allows: scope.slice(equals + 1) }
    }),
  }
}

function keyOptions(command: Command): Command {
  return command
    .description('Make an API key for yourself and print it.')
    .argument('<name>')
    .option('--days <days>', 'how long it is good', parseCount)
    .option('--scope <pattern=role>', 'only repositories that match, and only this role there; again for each', collect)
}

/** About whoever is signed in. */
export const OWN_COMMANDS: readonly ApiCommand[] = [
  at('me show', 'getMe', {
    define: (command) => command.description('Show who you are there, and until when.'),
    aboutSelf: true,
  }),
  several(
    'me password',
    ['changeMyPassword'],
    async (client, said) => {
      const { readPasswords } = await import('../password.ts')
      const [old, next] = await readPasswords(['Your password: ', 'The new one: '])
      const spec = { body: () => ({ old: old ?? '', new: next ?? '' }), say: () => 'Your password was changed.' }
      await perform(client, said, { operation: 'changeMyPassword', spec })
    },
    {
      define: (command) =>
        command.description('Change your password; both are asked for, or read from standard input, a line each.'),
      aboutSelf: true,
    },
  ),
  at('me keys', 'listMyKeys', {
    show: KEY,
    define: (command) => command.description('List your API keys.'),
    aboutSelf: true,
  }),
  at('me add-key', 'createMyKey', {
    body: (said) => {
      const days = number(said.flags, 'days')
      return { name: name(said), ...(days === undefined ? {} : { expiresInDays: days }), ...scopesOf(said.flags) }
    },
    secret: 'secret',
    say: (said, { expiresAt }) => `The key "${name(said)}" was made, good until ${expiresAt}.`,
    define: keyOptions,
    aboutSelf: true,
  }),
  at('me remove-key', 'removeMyKey', {
    path: ['key'],
    say: (said) => `The key ${name(said)} was removed.`,
    define: (command) => command.description('Remove one of your API keys.').argument('<id>'),
    aboutSelf: true,
  }),
  at('me sessions', 'listMySessions', {
    define: (command) => command.description('List the terminals in which you are signed in.'),
    aboutSelf: true,
  }),
  at('me end-session', 'endMySession', {
    path: ['session'],
    say: (said) => `The terminal ${name(said)} was signed out.`,
    define: (command) => command.description('Sign a terminal out.').argument('<id>'),
    aboutSelf: true,
  }),
  at('key list', 'listUserKeys', { path: ['user'], show: KEY }),
  at('key remove', 'removeUserKey', {
    path: ['user', 'key'],
    say: ({ words }) => `The key ${words[1]} was removed.`,
  }),
]
