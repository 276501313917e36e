import type { Config } from '../config/schema.ts'

export type Level = 'ok' | 'warn' | 'fail'

/** One thing that was looked at. */
export interface Finding {
  readonly level: Level
  /** What was looked at: `disk`, `database`. */
  readonly check: string
  readonly message: string
  /** What to do about it. */
  readonly advice?: string
}

/** Looks at one part; what it throws becomes a failure in that part's name. */
export type Check = (config: Config) => Promise<readonly Finding[]>

export function reporter(check: string) {
  return {
    ok: (message: string): Finding => ({ level: 'ok', check, message }),
    warn: (message: string, advice: string): Finding => ({ level: 'warn', check, message, advice }),
    fail: (message: string, advice: string): Finding => ({ level: 'fail', check, message, advice }),
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
