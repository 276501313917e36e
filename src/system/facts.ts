import type { Origins } from '../config/origins.ts'
import type { Config } from '../config/schema.ts'
import type { Health } from '../observability/health.ts'

/** What a server knows of itself. */
export interface ServerFacts {
  readonly config: Config
  /** Where its values are from. */
  readonly origins: Origins
  readonly health: Health
  /** The whole server, with all of its workers. */
  readonly startedAt: Date
  /** Names this start of the server; its workers are named after it. */
  readonly boot: string
  readonly workers: number
}
