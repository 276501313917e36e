import { z } from 'zod'
import { requireFound, type Management } from '../../access/management.ts'
import { askToCancel, askToRun } from '../../jobs/asks.ts'
import { describeJobs, type JobDescription } from '../../jobs/describe.ts'
import type { JobRun, RunningJob } from '../../jobs/entry.ts'
import type { Actor } from '../../lib/actor.ts'
import { Problem } from '../../lib/problem.ts'
import type { Transaction } from '../../metadata/db.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { date } from './schemas.ts'

const server = z.string().describe('The host that ran it.')
const asked = z.boolean().describe('Somebody wanted it then; otherwise it was its turn.')
const run = z.strictObject({
  ...{ startedAt: date, endedAt: date, server, asked },
  outcome: z
    .enum(['done', 'failed', 'cancelled', 'lost'])
    .describe('"lost": its server ended in the middle; the next run does what was left.'),
  problem: z.string().optional().describe('Why it failed.'),
})
const running = z.strictObject({
  ...{ startedAt: date, server, asked },
  progress: z
    .strictObject({
      done: z.number(),
      of: z.number().optional().describe('Absent: nobody knows how many there are.'),
      what: z.string().describe('Of what: images, projects, …'),
    })
    .optional()
    .describe('Of jobs that tell.'),
})
const job = z.strictObject({
  name: z.string(),
  about: z.string().describe('What it does, in a sentence.'),
  everySeconds: z.number(),
  everywhere: z.boolean().describe('It runs in every server; others run in one of them at a time.'),
  running: running.optional().describe('Absent: it does not run now, or did not for a second.'),
  asked: z.boolean().describe('Somebody wants it to run, and it is about to.'),
  lastRun: run.optional().describe('To within a minute; absent: it never ran.'),
  nextAt: date.describe('When its turn is next, about.'),
})
const detailed = job.extend({
  runs: z
    .array(run)
    .describe('The last 20, newest first; of jobs that run often only those that took long, failed or were asked for.'),
})
const oneJob = z.strictObject({ job: z.string().max(100).describe('Name of a job.') })

function toRun({ startedAt, endedAt, asked: wasAsked, host, outcome, problem }: JobRun): z.infer<typeof run> {
  return {
    ...{ startedAt: new Date(startedAt).toISOString(), endedAt: new Date(endedAt).toISOString() },
    ...{ server: host, asked: wasAsked, outcome, ...(problem !== undefined && { problem }) },
  }
}

function toRunning({ startedAt, host, asked: wasAsked, progress }: RunningJob): z.infer<typeof running> {
  return {
    ...{ startedAt: new Date(startedAt).toISOString(), server: host, asked: wasAsked },
    ...(progress && { progress }),
  }
}

function toBody({ job: name, about, everyMs, everywhere, nextAt, ...more }: JobDescription): z.infer<typeof job> {
  return {
    ...{ name, about, everySeconds: everyMs / 1000, everywhere, asked: more.isAsked },
    nextAt: new Date(nextAt).toISOString(),
    ...(more.running && { running: toRunning(more.running) }),
    ...(more.last && { lastRun: toRun(more.last) }),
  }
}

function toDetails(description: JobDescription): z.infer<typeof detailed> {
  return { ...toBody(description), runs: description.runs.map(toRun) }
}

/** @throws Problem */
async function findJob(m: Management, name: string): Promise<JobDescription> {
  return requireFound(
    (await describeJobs(m)).find((each) => each.job === name),
    `job "${name}"`,
  )
}

interface JobCall {
  readonly m: Management
  readonly actor: Actor
}

/** No cache rests on it; the audit has it when the server that runs the job does. */
async function ask(
  { m: { database, recorder }, actor }: JobCall,
  action: string,
  { job: name, work }: { readonly job: string; readonly work: (tx: Transaction) => Promise<void> },
): Promise<void> {
  await database.writeQuietly(async (tx) => {
    await work(tx)
    await recorder.record(tx, { actor, action, target: `job:${name}`, outcome: 'done' })
  })
}

export const jobRoutes: readonly ApiRoute[] = [
  define('GET /jobs', {
    id: 'listJobs',
    access: 'inspect',
    summary: 'What the servers do by themselves, by name: how often, how it went, and what runs now.',
    response: z.strictObject({ items: z.array(job) }),
    handle: async ({ m }) => ({ items: (await describeJobs(m)).map(toBody) }),
  }),
  define('GET /jobs/{job}', {
    id: 'getJob',
    access: 'inspect',
    summary: 'One job, with its last runs.',
    parameters: oneJob,
    response: detailed,
    handle: async ({ m, parameters }) => toDetails(await findJob(m, parameters.job)),
  }),
  define('POST /jobs/{job}/run', {
    id: 'runJob',
    access: 'administer',
    summary: 'Has a job run within seconds, without waiting for its turn; one that runs now does so once more after.',
    parameters: oneJob,
    response: detailed,
    handle: async (call) => {
      const { m, parameters } = call
      await findJob(m, parameters.job)
      const work = (tx: Transaction) => askToRun(tx, parameters.job, m.clock.now())
      await ask(call, 'job.asked', { job: parameters.job, work })
      return toDetails(await findJob(m, parameters.job))
    },
  }),
  define('POST /jobs/{job}/cancel', {
    id: 'cancelJob',
    access: 'administer',
    summary:
      'Ends the run that goes on, within seconds where the job can stop there; what is left is for the next run.',
    parameters: oneJob,
    response: detailed,
    handle: async (call) => {
      const { m, parameters } = call
      const description = await findJob(m, parameters.job)
      const { running: now } = description
      if (now === undefined) throw new Problem('conflict', `the job "${parameters.job}" does not run now`)
      const work = (tx: Transaction) => askToCancel(tx, parameters.job, now.startedAt, m.clock.now())
      await ask(call, 'job.cancelled', { job: parameters.job, work })
      return toDetails(description)
    },
  }),
]
