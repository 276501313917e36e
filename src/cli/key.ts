import type { Command } from 'commander'
import { type Management, requireFound } from '../access/management.ts'
import { listApiKeys } from '../auth/api-key-store.ts'
import { createKey, KEY_DAYS, removeKey } from '../auth/manage-keys.ts'
import { findUser, type User } from '../auth/user-store.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { parseDays } from './parse-days.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printSecret, printTable } from './output.ts'

async function userNamed(m: Management, name: string): Promise<User> {
  return requireFound(await findUser(m.database.reader, name), `user "${name}"`)
}

interface AddFlags extends Flags {
  readonly days?: number
  readonly scope?: readonly string[]
}

export function addKeyCommands(program: Command): void {
  const key = program.command('key').description('Manage API keys of users.')
  withConfig(key.command('add <user> <name>').description('Make an API key for a user and print it.'))
    .option('--days <days>', `how long it is good (default ${KEY_DAYS})`, parseDays)
    .option('--scope <pattern=role...>', 'only repositories that match, and only this role or these actions there')
    .action(async (user: string, name: string, flags: AddFlags) => {
      const scopes = flags.scope?.map(parseScope)
      const made = await withManagement(await offlineOf(flags), async (m) =>
        createKey(m, BY_OPERATOR, await userNamed(m, user), { name, expiresInDays: flags.days, scopes }),
      )
      printSecret(`The key "${name}" of ${user} was made, good until ${made.expiresAt.toISOString()}.`, made.secret)
    })
  withConfig(key.command('list <user>').description('List a user’s API keys.')).action(
    async (user: string, flags: Flags) => {
      const keys = await withManagement(await offlineOf(flags), async (m) =>
        listApiKeys(m.database.reader, (await userNamed(m, user)).id),
      )
      printTable(
        keys.map(({ id, name, expiresAt, scopes }) => [
          id,
          name,
          `until ${expiresAt.toISOString()}`,
          scopes === undefined
            ? 'everything'
            : scopes.map((scope) => `${scope.pattern}=${scope.actions.join(',')}`).join(' '),
        ]),
      )
    },
  )
  withConfig(
    key.command('remove <user> <id>').description('Remove an API key; tokens made with it end at once.'),
  ).action(async (user: string, id: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) => removeKey(m, BY_OPERATOR, await userNamed(m, user), id))
    print(`The key ${id} was removed.`)
  })
}

function parseScope(text: string): { pattern: string; allows: string } {
  const equals = text.lastIndexOf('=')
  if (equals < 1) throw new Error(`"${text}" is not PATTERN=ROLE, for example "team/**=reader"`)
  return { pattern: text.slice(0, equals), allows: text.slice(equals + 1) }
}
