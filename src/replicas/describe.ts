import { SILENT_MS } from '../jobs/alive-store.ts'
import { heldLeases } from '../metadata/leases.ts'
import type { Registry } from '../registry/registry.ts'
import { listReplicas, type Replica } from './store.ts'
import { JOB_LEASES } from './turns.ts'

/** Servers that are there, each with the jobs that it has. */
export async function describeReplicas({
  database,
  clock,
}: Pick<Registry, 'database' | 'clock'>): Promise<(Replica & { readonly jobs: readonly string[] })[]> {
  const now = clock.now()
  const [replicas, leases] = await Promise.all([
    listReplicas(database.reader, new Date(now.getTime() - SILENT_MS)),
    heldLeases(database.reader, JOB_LEASES, now),
  ])
  const jobsOf = (id: string) =>
    leases.filter(({ holder }) => holder === id).map(({ name }) => name.slice(JOB_LEASES.length))
  return replicas.map((replica) => ({ ...replica, jobs: jobsOf(replica.id) }))
}
