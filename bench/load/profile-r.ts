// Clients of all kinds at once, as a registry has them: what each of their requests took, counted from when it was due.
import { readFileSync } from 'node:fs'
import { closedLoop, openLoop } from './profile/clock.ts'
import type { ProfileImage } from './profile/images.ts'
import { poissonArrivals, type Session, sessionMaker } from './profile/plan.ts'
import { Versions } from './profile/pushes.ts'
import { type Latencies, type Recorded, Recorder } from './profile/recorder.ts'
import { Sessions } from './profile/sessions.ts'
import { awaitStart } from './push-blob.ts'

export interface ProfileInput {
  readonly port: number
  /** A file with the images, the most popular first. */
  readonly images: string
  /** What goes with every request, by repository. */
  readonly headers: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly seed: number
  readonly clients: number
  readonly warmupSeconds: number
  readonly seconds: number
  /** Sessions that begin in a second, on average; without it each client begins when its last session is over. */
  readonly perSecond?: number
}

export interface ProfileOutcome extends Recorded {
  /** Begun after the warm-up, a second: what was offered, or without a rate what was done. */
  readonly sessionsPerSecond: number
  /** How late this program itself began what was due. */
  readonly lateness: Latencies
  /** Of its CPU, 0 to 1. */
  readonly cpuShare: number
}

/** More than anybody serves. */
const MOST_PER_SECOND = 600
/** A session of three layers at a time, for each of the most clients that are usually there at once. */
const OPEN_CONNECTIONS = 96
const ON_TIME: Latencies = { count: 0, p50: 0, p99: 0, p999: 0 }

const input: ProfileInput = JSON.parse(process.argv[2] ?? '')
const images: readonly ProfileImage[] = JSON.parse(readFileSync(input.images, 'utf8'))
const versions = new Versions(images)
const { clients, headers, perSecond, port, seed, seconds, warmupSeconds } = input
const wholeSeconds = warmupSeconds + seconds
const arrivals = perSecond === undefined ? [] : poissonArrivals(seed, images.length, perSecond, wholeSeconds)
const next = sessionMaker(seed, images.length)
const queue = perSecond === undefined ? Array.from({ length: MOST_PER_SECOND * wholeSeconds }, next) : []
for (const session of [...queue, ...arrivals.map((arrival) => arrival.session)]) versions.prepare(session)

await awaitStart()
const recorder = new Recorder()
const sessions = new Sessions({ port, images, headers, versions, recorder })
await sessions.connections.open(OPEN_CONNECTIONS)
const from = performance.now()
const countedFrom = from + warmupSeconds * 1000
recorder.countFrom(countedFrom)
const cpuBefore = process.cpuUsage()
const { counted, lateness } = await (perSecond === undefined ? askAgain() : askWhenDue())
const { user, system } = process.cpuUsage(cpuBefore)
const cpuShare = (user + system) / 1000 / (performance.now() - from)
sessions.connections.close()
const sessionsPerSecond = counted / seconds
const outcome: ProfileOutcome = { ...recorder.recorded(), sessionsPerSecond, lateness, cpuShare }
console.log(JSON.stringify(outcome))
process.exit(0)

async function askAgain() {
  const loop = { sessions: queue, countedFrom, until: countedFrom + seconds * 1000, clients }
  return { counted: await closedLoop(loop, run), lateness: ON_TIME }
}

async function askWhenDue() {
  const lateness = await openLoop({ arrivals, from, clients }, run)
  return { counted: arrivals.filter(({ atMs }) => atMs >= warmupSeconds * 1000).length, lateness }
}

function run(session: Session, dueAt: number): Promise<void> {
  return sessions.run(session, dueAt)
}
