import type { Command } from 'commander'
import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation } from '../../client/admin/call-operation.ts'
import type { AnswerOf, BodyOf, RowOf } from '../../client/admin/operation.ts'
import { formatByteSize } from '../../lib/byte-size.ts'
import { systemClock } from '../../lib/clock.ts'
import { UsageError } from '../exit-codes.ts'
import { print, printable } from '../output.ts'
import { either, text } from './choose.ts'
import { at, perform, several, show } from './command.ts'
import { whileWaiting } from './progress-line.ts'
import { printJson } from './render.ts'
import type { ApiCommand, Column, Said } from './spec.ts'

const POLL_MS = 500

const name = ({ words }: Said) => words[0] ?? ''

/** A password in a file of this desk is sent; the server keeps it encrypted. */
async function remoteBody({ words: [, url], flags }: Said): Promise<BodyOf<'changeRemote'>> {
  const [{ inputOf }, { readSecretFile }] = await Promise.all([
    import('../remote.ts'),
    import('../../auth/secret-file.ts'),
  ])
  const { credentials, ...rest } = await inputOf({ ...flags, ...(url === undefined ? {} : { url }) })
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  if (flags.credentials === false) return { ...said, username: null }
  if (credentials === undefined || credentials === null) return said
  const { username } = credentials
  const password = 'password' in credentials ? credentials.password : readSecretFile(credentials.passwordFile)
  return { ...said, username, password }
}

type Remote = RowOf<'listRemotes'>
const REMOTE: readonly Column<Remote>[] = ['name', 'url', 'username', 'health']

export const REMOTE_COMMANDS: readonly ApiCommand[] = [
  at('remote list', 'listRemotes', { show: REMOTE }),
  at('remote show', 'getRemote', { path: ['remote'] }),
  at('remote add', 'createRemote', {
    body: async (said) => ({ ...(await remoteBody(said)), name: name(said) }) as BodyOf<'createRemote'>,
    show: REMOTE as readonly Column<AnswerOf<'createRemote'>>[],
  }),
  at('remote set', 'changeRemote', { path: ['remote'], body: remoteBody }),
  at('remote test', 'testRemote', {
    path: ['remote'],
    isNo: ({ reachable }) => !reachable,
    say: (said, { reachable, problem }) =>
      reachable ? `"${name(said)}" is there.` : `"${name(said)}" cannot be used: ${problem}`,
  }),
  at('remote remove', 'removeRemote', {
    path: ['remote'],
    say: (said) => `The remote "${name(said)}" was removed.`,
  }),
]

/** Times are milliseconds where the command parses them, and seconds in the API. */
async function sourceBody({ flags }: Said): Promise<BodyOf<'changeSource'>> {
  const { changeOf } = await import('../source.ts')
  const { freshMs, negativeMs, ...rest } = changeOf(flags)
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms / 1000))
  const said = { ...rest, freshSeconds: seconds(freshMs), negativeSeconds: seconds(negativeMs) }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}

type Source = RowOf<'listSources'>
const SOURCE: readonly Column<Source>[] = [
  ...(['id'] as const),
  ['PROJECT', ({ project }) => project ?? '(registry)'],
  ...(['position', 'remote', 'mode', 'prefix', 'freshSeconds', 'negativeSeconds', 'allow', 'platforms'] as const),
]

export const SOURCE_COMMANDS: readonly ApiCommand[] = [
  at('source list', 'listSources', { show: SOURCE }),
  at('source show', 'getSource', { path: ['source'], show: SOURCE as readonly Column<AnswerOf<'getSource'>>[] }),
  at('source add', 'addSource', {
    path: [],
    body: async (said) => {
      const { placeOf } = await import('../source.ts')
      const [project, remote] = said.words
      const prefix = text(said.flags, 'prefix')
      const place = placeOf(project, remote, text(said.flags, 'registry'))
      return { ...place, ...(await sourceBody(said)), ...(prefix === undefined ? {} : { prefix }) }
    },
    show: SOURCE as readonly Column<AnswerOf<'addSource'>>[],
  }),
  at('source set', 'changeSource', { path: ['source'], body: sourceBody }),
  at('source remove', 'removeSource', {
    path: ['source'],
    say: (said) => `Nothing more comes from the source ${name(said)}. What was pulled stays.`,
  }),
  at('mirror list', 'listNamespaces'),
  at('mirror show', 'getNamespace', {
    path: ['namespace'],
    define: (command) => command.description('Show a name that this registry stands in for.').argument('<namespace>'),
  }),
  at('mirror set', 'setNamespace', {
    path: ['namespace'],
    body: ({ words: [, project = ''], flags }) => {
      const isDefault = either(flags, 'default', 'notDefault')
      return { project, ...(isDefault === undefined ? {} : { default: isDefault }) }
    },
    define: (command) =>
      command
        .description('Let a project that is there stand in for another registry; its sources are its own.')
        .argument('<namespace>')
        .argument('<project>')
        .option('--default', 'names that belong to no project mean it too'),
  }),
  at('mirror remove', 'removeNamespace', {
    path: ['namespace'],
    say: (said) => `This registry does not stand in for ${name(said)} any more. What was pulled stays.`,
  }),
]

async function ruleBody({ flags }: Said): Promise<BodyOf<'changeReplicationRule'>> {
  const { bodyOf } = await import('../replication-flags.ts')
  return bodyOf(flags) as BodyOf<'changeReplicationRule'>
}

async function newRule(said: Said): Promise<BodyOf<'createReplicationRule'>> {
  const [push, pull] = [text(said.flags, 'push'), text(said.flags, 'pull')]
  const remote = push ?? pull
  if (remote === undefined || (push !== undefined && pull !== undefined))
    throw new UsageError('say either --push REMOTE or --pull REMOTE; "berth remote list" shows the remotes')
  const body = Object.entries(await ruleBody(said)).filter(([, value]) => value !== null)
  return {
    ...{ name: name(said), remote, direction: push === undefined ? 'pull' : 'push' },
    ...{ enabled: said.flags.off !== true, ...Object.fromEntries(body) },
  } as BodyOf<'createReplicationRule'>
}

type Execution = AnswerOf<'getReplicationExecution'>
const COUNTS = ['copied', 'present', 'deleted', 'skipped', 'failed', 'conflicts'] as const
const EXECUTION: readonly Column<Execution>[] = [
  ...(['id', 'state', 'trigger', 'actor', 'createdAt'] as const),
  ['WHAT', (execution) => countsOf(execution)],
  ['BYTES', ({ bytes }) => formatByteSize(bytes)],
  'error',
]

function countsOf(execution: Execution): string {
  const said = COUNTS.filter((count) => execution[count] > 0).map((count) => `${execution[count]} ${count}`)
  return said.join(', ') || (execution.endedAt === undefined ? 'nothing yet' : 'nothing to do')
}

/** With --wait to its end, which is a no where it did not go well. */
async function started(client: AdminClient, said: Said, execution: Execution): Promise<void> {
  if (said.flags.wait !== true) {
    if (said.flags.json === true) return printJson(execution)
    return print(
      `Execution ${execution.id} waits for the server. Look at it with: berth replication log ${execution.id}`,
    )
  }
  const ended = await whileWaiting(async (say) => {
    for (let at = execution; ;) {
      if (at.endedAt !== undefined) return at
      say(`Execution ${at.id} is ${at.state}: ${countsOf(at)}, ${formatByteSize(at.bytes)}`)
      await systemClock.sleep(POLL_MS)
      at = await callOperation(client, 'getReplicationExecution', { path: { execution: at.id } })
    }
  })
  if (ended.state !== 'done' || ended.failed > 0) process.exitCode = 1
  show<'getReplicationExecution'>(said, { show: EXECUTION }, ended)
}

const waiting = (command: Command) => command.option('--wait', 'until it has ended; 1 when something failed')

const RULE = ['name', 'direction', 'remote', 'enabled', 'onEvent', 'schedule', 'repositories', 'tags'] as const

export const REPLICATION_COMMANDS: readonly ApiCommand[] = [
  at('replication list', 'listReplicationRules', { show: RULE }),
  at('replication show', 'getReplicationRule', { path: ['rule'] }),
  at('replication create', 'createReplicationRule', { body: newRule }),
  at('replication set', 'changeReplicationRule', {
    path: ['rule'],
    body: async (said) => {
      const enabled = either(said.flags, 'on', 'off')
      return { ...(await ruleBody(said)), ...(enabled === undefined ? {} : { enabled }) }
    },
  }),
  at('replication remove', 'removeReplicationRule', {
    path: ['rule'],
    say: (said) => `The rule "${name(said)}" was removed.`,
  }),
  several(
    'replication run',
    ['startReplication', 'getReplicationExecution'],
    async (client, said) =>
      started(client, said, await callOperation(client, 'startReplication', { path: { rule: name(said) }, body: {} })),
    { extend: waiting },
  ),
  several(
    'replication retry',
    ['retryReplication', 'getReplicationExecution'],
    async (client, said) =>
      started(client, said, await callOperation(client, 'retryReplication', { path: { execution: name(said) } })),
    { extend: waiting },
  ),
  at('replication stop', 'stopReplication', {
    path: ['execution'],
    say: (said) => `Execution ${name(said)} ends.`,
  }),
  at('replication executions', 'listReplicationExecutions', { path: ['rule'], show: EXECUTION }),
  several('replication log', ['getReplicationExecution', 'listReplicatedImages'], async (client, said) => {
    const execution = await callOperation(client, 'getReplicationExecution', { path: { execution: name(said) } })
    if (said.flags.json !== true) {
      print(printable(`Execution ${execution.id} is ${execution.state}: ${countsOf(execution)}.`))
      if (execution.error !== undefined) print(printable(execution.error))
    }
    const only = text(said.flags, 'only')
    await perform(client, said, {
      operation: 'listReplicatedImages',
      spec: {
        path: ['execution'],
        query: () => (only === undefined ? {} : { state: only as 'copied' }),
        show: ['state', ['IMAGE', (each) => `${each.repository}:${each.reference}`], 'attempts', 'reason'],
      },
    })
  }),
]

async function scannerBody(said: Said): Promise<BodyOf<'addScanner'>> {
  const [as = '', kind = '', place = ''] = said.words
  if (kind !== 'harbor')
    throw new UsageError(`a scanner that is a program of the server’s machine is added there, not at a server: ${kind}`)
  const { settingsOf, secretOf } = await import('../scanner.ts')
  const secret = await secretOf(said.flags)
  return {
    name: as,
    ...settingsOf(kind, place, said.flags),
    ...(secret === undefined ? {} : { secret }),
  } as BodyOf<'addScanner'>
}

export const SCANNER_COMMANDS: readonly ApiCommand[] = [
  at('scanner list', 'listScanners', { show: ['name', 'kind', 'at', 'enabled'] }),
  at('scanner add', 'addScanner', { body: scannerBody }),
  at('scanner test', 'testScanner', { path: ['scanner'], isNo: ({ usable }) => !usable }),
  at('scanner enable', 'changeScanner', {
    path: ['scanner'],
    body: () => ({ enabled: true }),
    say: (said) => `The scanner "${name(said)}" is asked again.`,
  }),
  at('scanner disable', 'changeScanner', {
    path: ['scanner'],
    body: () => ({ enabled: false }),
    say: (said) => `The scanner "${name(said)}" is not asked any more.`,
  }),
  at('scanner remove', 'removeScanner', {
    path: ['scanner'],
    say: (said) => `The scanner "${name(said)}" was removed.`,
  }),
]
