import type { Config } from '../config/schema.ts'
import type { Log } from '../observability/log.ts'
import type { Registry } from '../registry/registry.ts'
import { updateVulnerabilityData } from '../vulndb/vulndb.ts'

interface UpdateParts {
  readonly config: Config
  readonly registry: Pick<Registry, 'clock'>
  readonly log: Log
}

/** Brings the data of these ecosystems up to date, and says what became of each. */
export async function updateData(
  { config, registry, log }: UpdateParts,
  ecosystems: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { source, allowPrivate } = config.scanning.vulnerabilities
  const parts = { data: config.data, source, allowPrivate, clock: registry.clock }
  for (const { ecosystem, outcome, records, problem } of await updateVulnerabilityData(parts, { ecosystems, signal })) {
    if (outcome === 'failed') log.warn('vulnerability data could not be updated', { ecosystem, problem })
    else log.info('vulnerability data is up to date', { ecosystem, outcome, records })
  }
}
