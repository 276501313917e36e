import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import type { BlobRecord, HeldBlob } from '../metadata/blobs.ts'
import type { Database } from '../metadata/db.ts'
import type { ManifestHead } from '../metadata/manifests.ts'
import type { RowCache } from '../metadata/row-cache.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { ContentCache } from './content-cache.ts'
import type { ContentSource } from './content-source.ts'
import type { ImagePlatforms } from './image-platforms.ts'
import type { Keeping } from './keeping.ts'
import type { Guard, Listener } from './operation.ts'
import type { PullGate } from './pull-gate.ts'
import type { PullNotes } from './pull-notes.ts'
import type { RunningHashes } from './running-hashes.ts'

/** What the use cases work with. */
export interface Registry {
  readonly database: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly guards: readonly Guard[]
  /** Where content comes from that is not here. */
  readonly sources: readonly ContentSource[]
  /** Told of changes, inside them. */
  readonly listeners?: readonly Listener[]
  /** May refuse to hand a manifest out. */
  readonly gates?: readonly PullGate[]
  readonly recorder: Recorder
  /** Names this process in the rows of uploads that it is writing. */
  readonly instance: string
  readonly hashes: RunningHashes
  /** Uploads that a request of this process is writing to, or finishing, at this moment. */
  readonly writing: Map<string, 'chunk' | 'finish'>
  readonly cache: ContentCache
  /** Rows that pulls ask for again and again, by repository and reference. */
  readonly heads: RowCache<ManifestHead>
  readonly members: RowCache<HeldBlob>
  /** What single images run on. */
  readonly platforms: ImagePlatforms
  readonly limits: RegistryLimits
  readonly keeping: Keeping
  /** When what was pulled last. */
  readonly pulls: Pick<PullNotes, 'note' | 'flush'>
  /** Told of a blob whose stored bytes are missing (undefined), of the wrong length, or not what its digest says. Never rejects. */
  readonly onDamage: (blob: BlobRecord, actualBytes: number | undefined) => Promise<void>
  /** Told of a manifest whose row holds other bytes than its digest says. */
  readonly onDamagedManifest: (head: ManifestHead) => void
}

export interface RegistryLimits {
  readonly maxBlobBytes: number
  readonly maxManifestBytes: number
  /** Unfinished uploads. */
  readonly uploadsPerPrincipal: number
  readonly uploadsPerRepository: number
  /** Accept manifests although some of what they name is not here, as copies of single platforms leave them. */
  readonly allowSparse: boolean
}
