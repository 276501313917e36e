import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import type { Guard } from '../registry/operation.ts'
import type { BlobStore } from '../storage/blob-store.ts'

interface ProtectionGuardParts {
  readonly config: Config
  readonly database: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly log: Log
}

export function protectionGuard(_parts: ProtectionGuardParts): Guard {
  return { name: 'protection', check: async () => undefined }
}
