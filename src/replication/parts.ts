import type { Turns } from '../lib/turns.ts'
import type { ReplicationDirection } from '../metadata/schema-replication.ts'
import type { Log } from '../observability/log.ts'
import type { Registry } from '../registry/registry.ts'
import type { ImageLine } from './image-store.ts'

/** What everything that replicates works with. */
export interface Parts {
  readonly registry: Registry
  readonly log: Log
  /** One tag at a time. */
  readonly turns: Turns<string>
  /** For the metrics. */
  readonly count: (direction: ReplicationDirection, lines: readonly Pick<ImageLine, 'state'>[]) => void
}
