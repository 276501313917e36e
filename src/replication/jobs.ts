import type { Job } from '../jobs/job.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import type { Remotes } from '../remotes/remotes.ts'
import { Engine } from './engine.ts'
import { countQueue } from './queue-store.ts'
import { forgetTombstones } from './tag-store.ts'

interface ReplicationJobParts {
  readonly registry: Registry
  readonly remotes: Remotes
  readonly log: Log
  readonly metrics: Metrics
}

const TOMBSTONE_MS = 30 * 86_400_000

export function replicationJobs({ registry, remotes, log, metrics }: ReplicationJobParts): Job[] {
  const engine = new Engine({
    ...{ registry, remotes, log },
    count: (direction, lines) => {
      for (const { state } of lines) if (state !== 'waiting') metrics.addReplicated(direction, state)
    },
  })
  return [
    {
      name: 'replication',
      about: 'Copies images by the replication rules.',
      everyMs: 1000,
      run: (signal) => engine.run(signal),
    },
    {
      name: 'replication-upkeep',
      about: 'Forgets tags that were removed long ago and copied nowhere since.',
      everyMs: 30_000,
      run: async () => {
        const { database, clock } = registry
        metrics.set('berth_replication_queue', await countQueue(database.reader))
        const cutoff = new Date(clock.now().getTime() - TOMBSTONE_MS)
        await database.writeQuietly((tx) => forgetTombstones(tx, cutoff))
      },
    },
  ]
}
