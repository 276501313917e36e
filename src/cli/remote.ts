import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Command, InvalidArgumentError } from 'commander'
import { requireFound } from '../access/management.ts'
import { createManagement } from '../app.ts'
import { readTextFile } from '../auth/secret-file.ts'
import { randomId } from '../lib/ids.ts'
import { systemClock } from '../lib/clock.ts'
import type { Credentials } from '../remotes/credentials.ts'
import {
  changeRemote,
  createRemote,
  rekeyRemotes,
  type RemoteInput,
  type RemoteManagement,
  removeRemote,
} from '../remotes/manage-remotes.ts'
import { createRemotes, type OpenRemotes } from '../remotes/open-remotes.ts'
import { pingRemote } from '../remotes/ping.ts'
import { findRemote, listRemotes, type StoredRemote } from '../remotes/store.ts'
import { ensureFolder } from '../storage/filesystem.ts'
import { rekeyScanners } from '../scanning/external/manage-scanners.ts'
import { rekeyWebhooks } from '../webhooks/manage-webhooks.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { BY_OPERATOR, withDatabase } from './offline.ts'
import { print, printTable } from './output.ts'
import { describeHealth, describeRemote } from './remote-text.ts'
import { processLog } from './serving.ts'
import { readPassword } from './password.ts'

/** `none`: take it away. */
export interface RemoteFlags extends Flags {
  readonly url?: string
  readonly username?: string
  readonly passwordFile?: string
  readonly passwordStdin?: boolean
  readonly ca?: string
  readonly allowPrivate?: boolean
  readonly trustedHost?: readonly string[]
  readonly maxConcurrent?: number
  readonly requestsPerMinute?: number | 'none'
}

export function addRemoteCommands(program: Command): void {
  const remote = program.command('remote').description('Other registries: where they are, and who this one is there.')
  withRemoteFlags(
    remote
      .command('add <name> [url]')
      .description('Make another registry known. Of docker.io and other well-known ones the name is enough.'),
  ).action(async (name: string, url: string | undefined, flags: RemoteFlags) => {
    const input = await inputOf({ ...flags, ...(url === undefined ? {} : { url }) })
    const made = await withRemotes(flags, (parts) => createRemote(parts, BY_OPERATOR, { ...input, name }), true)
    printRemote(made)
  })
  withRemoteFlags(
    remote
      .command('set <name>')
      .description(
        'Change a remote. What is not said stays; with another address or a further trusted host its password is gone, unless it is said again.',
      )
      .option('--url <url>', 'where it is'),
  )
    .option('--no-credentials', 'sign in no more')
    .action(async (name: string, flags: RemoteFlags & { credentials: boolean }) => {
      const input = await inputOf(flags)
      const credentials = flags.credentials ? input.credentials : null
      await withRemotes(flags, async (parts) => {
        const { remote: made, droppedPassword } = await changeRemote(parts, BY_OPERATOR, name, {
          ...input,
          credentials,
        })
        printRemote(made)
        if (droppedPassword && flags.credentials)
          print('Its password was for the old address and is gone; say it again with --username and --password-file.')
      })
    })
  withConfig(remote.command('list').description('List the remotes, and how they lately were.')).action(
    async (flags: Flags) =>
      withRemotes(flags, async ({ m, remotes }) => {
        const found = await listRemotes(m.database.reader, '', 100_000)
        const states = await remotes.seen(found)
        printTable(
          found.map((each) => [each.name, each.url, describeHealth(states.get(each.id), systemClock.now()).join(', ')]),
        )
      }),
  )
  withConfig(remote.command('show <name>').description('Show a remote, and how it lately was.')).action(
    async (name: string, flags: Flags) =>
      withRemotes(flags, async ({ m, remotes }) => {
        const found = requireFound(await findRemote(m.database.reader, name), `remote "${name}"`)
        printRemote(found)
        const state = (await remotes.seen([found])).get(found.id)
        for (const line of describeHealth(state, systemClock.now())) print(line)
      }),
  )
  withConfig(
    remote
      .command('test <name>')
      .description('Ask a remote whether it is there, and sign in where there is a password.'),
  ).action(async (name: string, flags: Flags) =>
    withRemotes(flags, async ({ m, remotes }) => {
      const found = requireFound(await findRemote(m.database.reader, name), `remote "${name}"`)
      const problem = await pingRemote(remotes, found)
      if (problem === undefined)
        return print(found.hasPassword ? `"${name}" is there, and took the password.` : `"${name}" is there.`)
      print(`"${name}" cannot be used: ${problem}`)
      process.exitCode = 1
    }),
  )
  withConfig(remote.command('remove <name>').description('Forget a remote that nothing uses any more.')).action(
    async (name: string, flags: Flags) => {
      await withRemotes(flags, (parts) => removeRemote(parts, BY_OPERATOR, name))
      print(`The remote "${name}" was removed.`)
    },
  )
  withConfig(
    remote
      .command('rekey')
      .description(
        'Encrypt all that is stored of passwords and secrets, also of scanners and webhooks, with the key in force; those in secrets.previousKeyFiles are then not needed.',
      ),
  ).action(async (flags: Flags) => {
    const count = await withRemotes(flags, rekeyAll)
    print(
      count === 0 ? 'Every password was encrypted with this key already.' : `${count} passwords were encrypted anew.`,
    )
  })
}

/** One key seals them all. */
async function rekeyAll(parts: RemoteManagement): Promise<number> {
  const remotes = await rekeyRemotes(parts, BY_OPERATOR)
  const scanners = await rekeyScanners(parts, BY_OPERATOR)
  return remotes + scanners + (await rekeyWebhooks(parts, BY_OPERATOR))
}

function withRemoteFlags(command: Command): Command {
  return withConfig(command)
    .option('--username <name>', 'sign in there by this name')
    .option('--password-file <file>', 'file that holds the password; it stays there and is read again when it changes')
    .option('--password-stdin', 'the password is asked for, or read from standard input, and stored encrypted')
    .option('--ca <file>', 'authorities of its certificate, PEM, or "none" for the system’s')
    .option('--allow-private', 'it may be at an address of a private network, or of this machine')
    .option('--no-allow-private', 'it may not (as it is when nothing is said)')
    .option('--insecure-http', 'allow plain HTTP to another machine')
    .option('--no-insecure-http', 'do not (as it is when nothing is said)')
    .option('--trusted-host <host>', 'may see the password too, for tokens; again for each, or "none"', collect)
    .option('--max-concurrent <n>', 'requests at a time (default 8)', parseCount)
    .option('--requests-per-minute <n>', 'send no more than these, or "none" for any number', parseRate)
}

export async function inputOf(flags: RemoteFlags): Promise<RemoteInput> {
  const { url, allowPrivate, insecureHttp, maxConcurrent, requestsPerMinute } = flags
  return {
    ...{ url, allowPrivate, insecureHttp, maxConcurrent },
    requestsPerMinute: requestsPerMinute === 'none' ? null : requestsPerMinute,
    trustedHosts: flags.trustedHost?.filter((host) => host !== 'none'),
    ca: flags.ca === undefined ? undefined : flags.ca === 'none' ? null : readTextFile(flags.ca),
    credentials: await credentialsOf(flags),
  }
}

/** @throws Error with a sentence for people */
async function credentialsOf({ username, passwordFile, passwordStdin }: RemoteFlags): Promise<Credentials | undefined> {
  const isThere = passwordFile !== undefined || passwordStdin === true
  if (username === undefined && !isThere) return undefined
  if (username === undefined) throw new Error('say --username too: a password alone signs nobody in')
  if (!isThere) throw new Error('say --password-file or --password-stdin too')
  if (passwordFile !== undefined && passwordStdin === true)
    throw new Error('say --password-file or --password-stdin, not both')
  if (passwordFile !== undefined) return { username, passwordFile: resolve(passwordFile) }
  // Google's are files of several lines.
  const password = process.stdin.isTTY ? await readPassword() : (await text(process.stdin)).replace(/\r?\n$/, '')
  return { username, password }
}

function printRemote(remote: StoredRemote): void {
  printTable(describeRemote(remote))
}

function collect(host: string, before: readonly string[] = []): readonly string[] {
  return [...before, host]
}

function parseCount(value: string): number {
  const count = Number(value)
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count
  throw new InvalidArgumentError('a number, 1 to 1000')
}

function parseRate(value: string): number | 'none' {
  if (value === 'none') return value
  const rate = Number(value)
  if (Number.isInteger(rate) && rate >= 1 && rate <= 1_000_000) return rate
  throw new InvalidArgumentError('a number from 1 on, or "none"')
}

/** Remotes and their passwords, worked on beside the server or without one. */
export async function withRemotes<T>(
  flags: Flags,
  work: (parts: RemoteManagement & { readonly remotes: OpenRemotes }) => Promise<T>,
  create = false,
): Promise<T> {
  // --insecure-http is about the remote here, not about where this registry listens.
  const { insecureHttp: _, ...rest } = flags
  const { config, ...place } = await offlineOf(rest)
  const log = processLog(config)
  if (create && place.database === undefined) ensureFolder(resolve(place.data))
  return withDatabase({ ...place, create }, async (database) => {
    const m = createManagement(config, database, systemClock, log)
    const remotes = createRemotes({ config, database, log, clock: systemClock, instance: `command-${randomId()}` })
    try {
      return await work({ m, remotes, secrets: remotes.secrets })
    } finally {
      await remotes.close()
    }
  })
}
