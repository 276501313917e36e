import type { Command } from 'commander'
import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation } from '../../client/admin/call-operation.ts'
import type { AnswerOf, BodyOf, RowOf } from '../../client/admin/operation.ts'
import { formatByteSize } from '../../lib/byte-size.ts'
import { systemClock } from '../../lib/clock.ts'
import { UsageError } from '../exit-codes.ts'
import { either, parseCount, text } from './choose.ts'
import { at, atProject, several, show } from './command.ts'
import { bar, whileWaiting } from './progress-line.ts'
import type { ApiCommand, Column, Said } from './spec.ts'

const POLL_MS = 500

const name = ({ words }: Said) => words[0] ?? ''
const described = (about: string, argument?: string) => (command: Command) =>
  argument === undefined ? command.description(about) : command.description(about).argument(argument)

type Job = AnswerOf<'getJob'>
const JOB: readonly Column<RowOf<'listJobs'>>[] = [
  'name',
  ['RUNS', ({ running }) => (running === undefined ? '' : progressOf(running))],
  ['LAST RUN', ({ lastRun }) => lastRun && `${lastRun.outcome} at ${lastRun.endedAt}`],
  'nextAt',
  'about',
]

function progressOf({ progress, server }: NonNullable<Job['running']>): string {
  if (progress === undefined) return `at ${server}`
  const { what, done, of } = progress
  return of === undefined ? `${what}: ${done}` : `${what} ${bar(done, of)}`
}

/** With --wait until a run that began after this has ended; 1 when it did not go well. */
async function runJob(client: AdminClient, said: Said): Promise<void> {
  const path = { job: name(said) }
  const before = await callOperation(client, 'getJob', { path })
  const asked = await callOperation(client, 'runJob', { path })
  if (said.flags.wait !== true) return show(said, { say: () => `The job "${name(said)}" runs soon.` }, asked)
  const ended = await whileWaiting(async (say) => {
    for (;;) {
      const job = await callOperation(client, 'getJob', { path })
      const isOver = job.running === undefined && !job.asked && job.lastRun?.startedAt !== before.lastRun?.startedAt
      if (isOver) return job
      say(`${name(said)} ${job.running === undefined ? 'waits for a server' : progressOf(job.running)}`)
      await systemClock.sleep(POLL_MS)
    }
  })
  if (ended.lastRun?.outcome !== 'done') process.exitCode = 1
  const { outcome = 'lost', problem } = ended.lastRun ?? {}
  show(said, { say: () => `The job "${name(said)}" is over: ${outcome}${problem ? `: ${problem}` : ''}.` }, ended)
}

export const JOB_COMMANDS: readonly ApiCommand[] = [
  at('job list', 'listJobs', {
    show: JOB,
    define: described('List what the servers do by themselves, what runs now and what is next.'),
  }),
  at('job show', 'getJob', {
    path: ['job'],
    define: described('Show a job and its last runs.', '<name>'),
  }),
  several('job run', ['runJob', 'getJob'], runJob, {
    define: (command) =>
      command
        .description('Run a job soon, whichever server has it.')
        .argument('<name>')
        .option('--wait', 'until it is over; 1 when it did not go well'),
  }),
  at('job cancel', 'cancelJob', {
    path: ['job'],
    say: (said) => `The job "${name(said)}" is asked to end.`,
    define: described('End a run of a job; it goes on at its next one.', '<name>'),
  }),
  at('gc status', 'getCollector'),
  several('gc run', ['runCollector'], async (client, said) => {
    const answer = await whileWaiting((say) => {
      say('Collecting')
      const timer = setInterval(() => say('Collecting'), 1000)
      return callOperation(client, 'runCollector').finally(() => clearInterval(timer))
    })
    const sentence = `Collected: blobs ${answer.blobsCollected}, objects ${answer.objectsRemoved}, freed ${formatByteSize(answer.bytesFreed)}${answer.finished ? '' : '; there is more to do'}.`
    show(said, { say: () => sentence }, answer)
  }),
  several('replicas', ['listReplicas'], async (client, said) => {
    const answer = await callOperation(client, 'listReplicas')
    show(said, {}, said.flags.json === true ? answer : ({ items: answer.replicas } as never))
  }),
  at('adopt status', 'listAdoptions', {
    show: ['place', 'state', 'round', 'repositories', 'done', 'manifests', 'tags', 'problems', 'problem'],
  }),
  at('adopt problems', 'listAdoptionProblems', { path: ['place'] }),
  at('adopt again', 'adoptAgain', {
    path: ['place'],
    say: (said) => `${name(said)} is looked at once more.`,
  }),
  at('scrub status', 'getScrub'),
  at('vulndb status', 'getVulnerabilityData'),
  at('system show', 'getSystem', {
    define: described('Show a server: its version, what it keeps where, and whether it is ready.'),
  }),
  at('system usage', 'getRegistryUsage', {
    define: described('Show how much the whole registry holds.'),
  }),
  at('system usage-history', 'listRegistryUsageHistory', {
    query: ({ flags }) => (typeof flags.days === 'number' ? { days: flags.days } : {}),
    define: (command) =>
      command
        .description('Show how much the whole registry held, day by day.')
        .option('--days <n>', 'how far back (default 90)', parseCount),
  }),
  at('system settings', 'listSettings', {
    show: ['key', 'value', 'origin'],
    define: described('Show the configuration of a server, without its secrets.'),
  }),
]

const WEBHOOK = ['id', 'url', 'shape', 'types', 'enabled', 'failingSince'] as const

/** What was said; null: to be taken away. */
async function settingsOf(flags: Said['flags']): Promise<BodyOf<'changeWebhook'>> {
  const { inputOf } = await import('../webhook.ts')
  const said = Object.entries(await inputOf(flags as never)).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(said), ...(flags.secret === false ? { secret: null } : {}) }
}

async function changes({ flags }: Said): Promise<BodyOf<'changeWebhook'>> {
  const [url, enabled] = [text(flags, 'url'), either(flags, 'enable', 'disable')]
  return {
    ...(await settingsOf(flags)),
    ...(url === undefined ? {} : { url }),
    ...(enabled === undefined ? {} : { enabled }),
  }
}

const outcome = (_: Said, { delivered, problem }: { readonly delivered: boolean; readonly problem?: string }) =>
  delivered ? 'The receiver took it.' : `It was not delivered: ${problem ?? 'nobody knows why'}`

export const WEBHOOK_COMMANDS: readonly ApiCommand[] = [
  atProject('webhook list', ['listWebhooks', 'listProjectWebhooks'], { show: WEBHOOK }),
  atProject('webhook show', ['getWebhook', 'getProjectWebhook'], {
    path: ['webhook'],
    define: (command) =>
      command
        .description('Show a webhook.')
        .argument('<webhook>')
        .option('--project <name>', 'of this project, instead of the whole registry'),
  }),
  atProject('webhook add', ['addWebhook', 'addProjectWebhook'], {
    path: [],
    body: async (said) => ({ ...(await settingsOf(said.flags)), url: name(said) }) as BodyOf<'addWebhook'>,
    say: (_, { id }) => `The webhook ${id} is told of what happens from now on.`,
  }),
  atProject('webhook set', ['changeWebhook', 'changeProjectWebhook'], {
    path: ['webhook'],
    body: changes,
  }),
  atProject('webhook remove', ['removeWebhook', 'removeProjectWebhook'], {
    path: ['webhook'],
    say: (said) => `The webhook ${name(said)} was removed.`,
  }),
  atProject('webhook test', ['testWebhook', 'testProjectWebhook'], {
    path: ['webhook'],
    isNo: ({ delivered }) => !delivered,
    say: outcome,
  }),
  atProject('webhook deliveries', ['listWebhookDeliveries', 'listProjectWebhookDeliveries'], {
    path: ['webhook'],
    query: ({ flags }) => (flags.dead === true ? { state: 'dead' as const } : {}),
    show: ['id', 'at', 'state', 'event', 'type', 'problem'],
  }),
  atProject('webhook replay', ['replayWebhook', 'replayProjectWebhook'], {
    path: ['webhook'],
    body: ({ flags }) => {
      const [delivery, since] = [text(flags, 'delivery'), text(flags, 'since')]
      if ((delivery === undefined) === (since === undefined)) throw new UsageError('say either --delivery or --since')
      return delivery === undefined ? { since: since ?? '' } : { delivery: Number(delivery) }
    },
  }),
]
