import { hostname } from 'node:os'
import { SILENT_MS } from '../jobs/alive-store.ts'
import type { Job } from '../jobs/job.ts'
import type { Clock } from '../lib/clock.ts'
import { VERSION } from '../lib/version.ts'
import type { Database } from '../metadata/db.ts'
import { recoverUploads } from '../registry/recover-uploads.ts'
import type { Registry } from '../registry/registry.ts'
import { listReplicas, putReplica, type Replica, removeReplica, removeSilentReplicas } from './store.ts'

const SAY_MS = 1_000
const FREE_MS = 5_000

interface PresenceParts {
  readonly registry: Registry
  /** Names this server; its workers are named after it. */
  readonly boot: string
}

/** That this server is there, for the others; and what those that are not left behind. */
export function replicaJobs({ registry, boot }: PresenceParts): Job[] {
  const { database, clock } = registry
  const startedAt = clock.now()
  return [
    {
      name: 'presence',
      about: 'Tells the other servers that this one is there.',
      everyMs: SAY_MS,
      everywhere: true,
      run: () => sayHere(database, clock, { id: boot, startedAt }),
    },
    {
      name: 'free-uploads',
      about: 'Lets uploads go on that a server which is gone was writing to.',
      everyMs: FREE_MS,
      run: () => freeUploads(registry),
    },
  ]
}

export async function sayHere(
  database: Database,
  clock: Clock,
  { id, startedAt }: Pick<Replica, 'id' | 'startedAt'>,
): Promise<void> {
  await database.refresh()
  const accessVersion = database.accessVersion() ?? 0
  const now = clock.now()
  const here = { id, host: hostname(), version: VERSION, startedAt, seenAt: now, accessVersion }
  await database.writeQuietly((tx) => putReplica(tx, here))
}

export async function sayGone(database: Database, id: string): Promise<void> {
  await database.writeQuietly((tx) => removeReplica(tx, id))
}

/** What servers that are gone were writing to can be gone on with elsewhere. */
async function freeUploads(registry: Registry): Promise<void> {
  const { database, clock } = registry
  const since = new Date(clock.now().getTime() - SILENT_MS)
  const alive = await listReplicas(database.reader, since)
  await recoverUploads(registry, (writer) => !alive.some(({ id }) => writer === id || writer.startsWith(`${id}.`)))
  await database.writeQuietly((tx) => removeSilentReplicas(tx, new Date(since.getTime() - SILENT_MS)))
}
