import { statSync } from 'node:fs'
import { tidyAfterBuilds } from './build-lock.ts'
import type { DataStatus, EcosystemStatus } from './data-status.ts'
import { databasePath, readMeta, readSources, type SourceRow, withDatabaseFile } from './database-file.ts'
import { readTries, type Try } from './try-state.ts'

export async function readStatus(data: string): Promise<DataStatus> {
  tidyAfterBuilds(data)
  const tries = await readTries(data)
  const found = withDatabaseFile(data, (db) => ({
    ...readMeta(db),
    sources: readSources(db),
    sizeBytes: statSync(databasePath(data), { throwIfNoEntry: false })?.size ?? 0,
  }))
  const sources = found?.sources ?? []
  const failed = Object.entries(tries).filter(([name]) => !sources.some(({ ecosystem }) => ecosystem === name))
  return {
    ...(found === undefined ? {} : { version: found.version }),
    sizeBytes: found?.sizeBytes ?? 0,
    records: found?.records ?? 0,
    ecosystems: [
      ...sources.map((source) => statusOf(source, tries[source.ecosystem])),
      ...failed.map(([ecosystem, tried]) => ({ ecosystem, records: 0, ...triedOf(tried) })),
    ].toSorted((a, b) => (a.ecosystem < b.ecosystem ? -1 : 1)),
  }
}

function statusOf(source: SourceRow, tried: Try | undefined): EcosystemStatus {
  const { ecosystem, records, updatedAt, newestAt, origin, skipped } = source
  const isConfirmed = tried?.confirms === updatedAt
  return {
    ...{ ecosystem, records, source: origin },
    updatedAt: new Date(isConfirmed ? Math.max(tried.at, updatedAt) : updatedAt),
    ...(newestAt === null || newestAt <= 0 ? {} : { newestRecord: new Date(newestAt) }),
    ...(skipped === 0 ? {} : { problem: `${skipped} records could not be understood` }),
    ...triedOf(tried),
  }
}

function triedOf(tried: Try | undefined): Pick<EcosystemStatus, 'problem' | 'triedAt'> {
  if (tried === undefined) return {}
  return { triedAt: new Date(tried.at), ...(tried.problem === undefined ? {} : { problem: tried.problem }) }
}
