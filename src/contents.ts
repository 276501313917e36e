import type { Rights } from './access/rights.ts'
import type { Config } from './config/schema.ts'
import type { FindingsSource } from './inventory/findings-source.ts'
import type { Clock } from './lib/clock.ts'
import type { Database } from './metadata/db.ts'
import type { Listener } from './registry/operation.ts'
import { scanningListener } from './scanning/listener.ts'
import type { ScanningParts } from './scanning/parts.ts'

/** What is known of what images hold, put together. Its parts are loaded when somebody asks: a start need not wait. */
export interface Contents {
  readonly listeners: readonly Listener[]
  readonly findings: FindingsSource
  readonly scanning: ScanningParts
}

interface ContentsParts {
  readonly config: Config
  readonly database: Database
  readonly clock: Clock
  readonly rights: Pick<Rights, 'cache' | 'access'>
}

export function createContents({ config, database, clock, rights }: ContentsParts): Contents {
  const { enabled } = config.scanning
  const findings = lazyFindings(async () => {
    const { createFindings } = await import('./scanning/report.ts')
    const { ProjectJudgements } = await import('./scanning/judgements.ts')
    return createFindings({ database, clock, judgements: new ProjectJudgements(rights.cache, rights.access) })
  })
  return {
    listeners: enabled ? [scanningListener(clock)] : [],
    findings,
    scanning: { findings, enabled, data: config.data },
  }
}

function lazyFindings(load: () => Promise<FindingsSource>): FindingsSource {
  let loaded: Promise<FindingsSource> | undefined
  return {
    reportOf: async (spot, digest) => {
      loaded ??= load()
      return (await loaded).reportOf(spot, digest)
    },
  }
}
