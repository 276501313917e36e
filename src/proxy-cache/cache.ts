import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { FetchedManifest } from '../registry/image-source.ts'
import type { Registry } from '../registry/registry.ts'
import type { Remotes } from '../remotes/remotes.ts'
import type { Spool } from '../storage/spool.ts'
import type { Checks } from './checks.ts'
import type { SourceSettings } from './settings.ts'
import type { SourceAt } from './source.ts'

/** What the parts of the proxy cache work with. */
export interface Cache {
  readonly registry: Registry
  readonly settings: SourceSettings
  readonly remotes: Remotes
  readonly checks: Checks
  readonly metrics: Pick<Metrics, 'add'>
  readonly log: Log
  readonly openSpool: () => Spool
  /** Told of each manifest that was brought. */
  readonly onStored: (name: RepositoryName, place: SourceAt, manifest: FetchedManifest) => void
}
