import { text } from 'node:stream/consumers'
import { type Command, Option } from 'commander'
import { createManagement } from '../app.ts'
import type { Project } from '../access/project-store.ts'
import { readSecretFile } from '../auth/secret-file.ts'
import { systemClock } from '../lib/clock.ts'
import { secretsOf } from '../remotes/open-remotes.ts'
import { startOf } from '../webhooks/feed.ts'
import {
  addWebhook,
  changeWebhook,
  removeWebhook,
  replayFrom,
  requireOf,
  type WebhookInput,
} from '../webhooks/manage-webhooks.ts'
import { type OnceParts, replayDead, sendTest } from '../webhooks/send-once.ts'
import type { Outcome } from '../webhooks/send.ts'
import { sourceOf } from '../webhooks/source.ts'
import { findWebhook, listDeliveries, listWebhooks } from '../webhooks/store.ts'
import { SHAPES, type Shape, type Webhook } from '../webhooks/webhook.ts'
import { type Flags, offlineOf, parseNumber, withConfig } from './flags.ts'
import { BY_OPERATOR, withDatabase } from './offline.ts'
import { print, printTable } from './output.ts'
import { projectNamed } from './project.ts'
import { processLog } from './serving.ts'
import { readPassword } from './password.ts'

interface WebhookFlags extends Flags {
  readonly project?: string
}

export interface AddFlags extends WebhookFlags {
  readonly type?: readonly string[]
  readonly repositories?: string
  readonly tags?: string
  readonly shape?: Shape
  readonly secretFile?: string
  readonly secretStdin?: boolean
  readonly allowPrivate?: boolean
}

interface SetFlags extends AddFlags {
  readonly url?: string
  /** False: nothing is signed any more. */
  readonly secret: boolean
  readonly enable?: true
  readonly disable?: true
}

export function addWebhookCommands(program: Command): void {
  const webhook = program.command('webhook').description('Tell others of what happens, as it happens.')
  withSettings(webhook.command('add <url>').description('Tell an address of what happens from now on.')).action(
    async (url: string, flags: AddFlags) => {
      const input = { ...(await inputOf(flags)), url }
      const made = await withWebhooks(flags, (parts, project) => addWebhook(parts, BY_OPERATOR, project, input))
      print(`The webhook ${made.id} is told of what happens from now on.`)
    },
  )
  addSetCommand(webhook)
  withProject(webhook.command('list').description('List who is told, and how they lately were.')).action(
    async (flags: WebhookFlags) =>
      withWebhooks(flags, async ({ m }, project) =>
        printTable((await listWebhooks(m.database.reader, project?.id)).map(describe)),
      ),
  )
  withProject(webhook.command('remove <webhook>').description('Tell it nothing any more.')).action(
    async (id: string, flags: WebhookFlags) => {
      await withOne(flags, id, ({ m }, found, project) => removeWebhook(m, BY_OPERATOR, found, project))
      print(`The webhook ${id} was removed.`)
    },
  )
  withProject(webhook.command('test <webhook>').description('Send it a push that never was.')).action(
    async (id: string, flags: WebhookFlags) =>
      say(await withOne(flags, id, (parts, found, project) => sendTest(parts, found, project?.name))),
  )
  withProject(webhook.command('deliveries <webhook>').description('List what was sent lately, newest first.'))
    .option('--dead', 'only those that were given up')
    .action(async (id: string, flags: WebhookFlags) =>
      withOne(flags, id, async ({ m }, found) => {
        const state = flags.dead === true ? ('dead' as const) : undefined
        const sent = await listDeliveries(m.database.reader, found.id, { limit: 1000, state })
        printTable(
          sent.map((each) => [
            ...[String(each.id), each.at.toISOString(), each.state, `event ${each.eventId}`, each.type],
            each.problem ?? '',
          ]),
        )
      }),
    )
  withProject(webhook.command('replay <webhook>').description('Send again what was given up, or all after a cursor.'))
    .option('--delivery <id>', 'one that was given up, as "deliveries --dead" shows it')
    .option('--since <cursor>', 'everything after this cursor of "berth events", in order')
    .action(async (id: string, flags: WebhookFlags & { readonly delivery?: string; readonly since?: string }) =>
      withOne(flags, id, async (parts, found, project) => {
        const { delivery, since } = flags
        if ((delivery === undefined) === (since === undefined)) throw new Error('say either --delivery or --since')
        if (delivery !== undefined) return say(await replayDead(parts, found, parseNumber(delivery)))
        const position = await startOf(parts, since)
        await replayFrom(parts.m, BY_OPERATOR, found, { project, position })
        print('The server sends everything after it again, in order.')
      }),
    )
}

function addSetCommand(webhook: Command): void {
  withSettings(webhook.command('set <webhook>').description('Change a webhook. What is not said stays.'))
    .option('--url <url>', 'where it is')
    .option('--no-secret', 'sign nothing any more')
    .option('--no-allow-private', 'it may not be at a private address (any more)')
    .option('--no-insecure-http', 'it is not asked by plain HTTP (any more)')
    .addOption(new Option('--enable', 'tell it again, of what it missed too').conflicts('disable'))
    .option('--disable', 'tell it nothing until it is enabled')
    .action(async (id: string, flags: SetFlags) => {
      const enabled = flags.enable ?? (flags.disable === true ? false : undefined)
      const given = await inputOf(flags)
      const input = { ...given, url: flags.url, enabled, secret: flags.secret ? given.secret : null }
      const changed = await withOne(flags, id, (parts, found, project) =>
        changeWebhook(parts, BY_OPERATOR, found, { project, input }),
      )
      printTable([describe(changed)])
    })
}

function withSettings(command: Command): Command {
  return withProject(command)
    .option(
      '--type <type>',
      'events of this type, or that begin with it ("manifest."), or "all"; again for each',
      collect,
    )
    .option('--repositories <pattern>', 'of repositories with such a whole name; "" for all')
    .option('--tags <pattern>', 'about such tags; "" for all')
    .addOption(new Option('--shape <shape>', 'how it is said (default cloudevents)').choices([...SHAPES]))
    .option('--secret-file <file>', 'file with the secret that messages are signed with')
    .option('--secret-stdin', 'the secret is asked for, or read from standard input')
    .option('--allow-private', 'it may be at an address of a private network, or of this machine')
    .option('--insecure-http', 'allow plain HTTP to another machine')
}

export async function inputOf(flags: AddFlags): Promise<WebhookInput> {
  const { type, repositories, tags, shape, allowPrivate, insecureHttp } = flags
  const types = type?.includes('all') === true ? [] : type
  return { types, repositories, tags, shape, allowPrivate, insecureHttp, secret: await secretOf(flags) }
}

function withProject(command: Command): Command {
  return withConfig(command).option('--project <name>', 'of this project, instead of the whole registry')
}

function describe({ id, url, settings, isEnabled, failingSince }: Webhook): string[] {
  const types = settings.types.length === 0 ? 'all events' : settings.types.join(', ')
  const health = isEnabled ? failingSince && `failing since ${failingSince.toISOString()}` : 'disabled'
  return [String(id), url, settings.shape, types, health ?? '']
}

function say({ isDelivered, problem }: Outcome): void {
  print(isDelivered ? 'The receiver took it.' : `It was not delivered: ${problem ?? 'nobody knows why'}`)
  if (!isDelivered) process.exitCode = 1
}

async function secretOf({ secretFile, secretStdin }: AddFlags): Promise<string | undefined> {
  if (secretFile !== undefined) return readSecretFile(secretFile)
  if (secretStdin !== true) return undefined
  return process.stdin.isTTY ? readPassword() : (await text(process.stdin)).replace(/\r?\n$/, '')
}

function collect(type: string, before: readonly string[] = []): readonly string[] {
  return [...before, type]
}

type Work<T> = (parts: OnceParts, project: Project | undefined) => Promise<T>

/** --insecure-http is about the receiver here, not about where this registry listens. */
async function withWebhooks<T>({ insecureHttp: _, ...flags }: WebhookFlags, work: Work<T>): Promise<T> {
  const { config, ...place } = await offlineOf(flags)
  return withDatabase(place, async (database) => {
    const m = createManagement(config, database, systemClock, processLog(config))
    const project = typeof flags.project === 'string' ? await projectNamed(m, flags.project) : undefined
    return work({ m, secrets: secretsOf(config), source: sourceOf(config) }, project)
  })
}

async function withOne<T>(
  flags: WebhookFlags,
  id: string,
  work: (parts: OnceParts, found: Webhook, project: Project | undefined) => Promise<T>,
): Promise<T> {
  const number = parseNumber(id)
  return withWebhooks(flags, async (parts, project) =>
    work(parts, requireOf(await findWebhook(parts.m.database.reader, number), project, number), project),
  )
}
