import { hostname } from 'node:os'
import type { Config } from '../config/schema.ts'
import type { Counted } from '../registry/counted.ts'
import type { Totals } from '../registry/totals.ts'
import { countSmall, databaseBytes } from '../metadata/registry-counts.ts'
import { VERSION } from '../lib/version.ts'
import type { Registry } from '../registry/registry.ts'
import { readStatus } from '../vulndb/read-status.ts'
import type { ServerFacts } from './facts.ts'

interface SystemParts {
  readonly facts: ServerFacts
  readonly registry: Registry
  readonly totals: Counted<Totals>
}

/** What this server is, what it holds, and whether it is well. */
export async function describeSystem({ facts, registry, totals }: SystemParts) {
  const { config, health, startedAt, boot, workers } = facts
  const { database, blobs, clock } = registry
  const [problems, bytes, room, small, large, vulnerabilityData] = await Promise.all([
    health.problems(),
    databaseBytes(database.reader),
    // What is on no disk has no end.
    blobs.room().catch(() => undefined),
    countSmall(database.reader),
    totals.get(registry),
    describeVulnerabilityData(config),
  ])
  const { unheldBytes: _, ...counts } = large.value
  return {
    version: VERSION,
    runtime: `Bun ${process.versions.bun}, ${process.platform} ${process.arch}`,
    server: { id: boot, host: hostname(), workers },
    startedAt: startedAt.toISOString(),
    uptimeSeconds: Math.max(0, Math.floor((clock.now().getTime() - startedAt.getTime()) / 1000)),
    ready: problems.length === 0,
    problems: [...problems],
    ...(config.externalUrl !== undefined && { externalUrl: config.externalUrl }),
    database: { kind: database.engine, bytes },
    storage: { kind: storageKind(config), isEncrypted: config.encryption !== undefined, ...(room && { disk: room }) },
    counts: { ...small, ...counts, countedAt: large.countedAt.toISOString() },
    ...(vulnerabilityData && { vulnerabilityData }),
  }
}

function storageKind({ storage }: Config): 'files' | 's3' | 'azure' | 'gs' {
  if (storage === undefined) return 'files'
  return storage.startsWith('s3:') ? 's3' : storage.startsWith('azure:') ? 'azure' : 'gs'
}

/** Undefined where nothing is looked into. */
async function describeVulnerabilityData({ data, scanning }: Config) {
  if (!scanning.enabled) return undefined
  const { records, ecosystems } = await readStatus(data)
  const updates = ecosystems.flatMap(({ updatedAt }) => updatedAt ?? [])
  const oldest = updates.toSorted((a, b) => a.getTime() - b.getTime())[0]
  const problems = ecosystems.flatMap(({ ecosystem, problem }) =>
    problem === undefined ? [] : [`${ecosystem}: ${problem}`],
  )
  return { records, ...(oldest && { updatedAt: oldest.toISOString() }), problems }
}
