import { CommanderError } from 'commander'
import { isEgressError } from '../client/egress.ts'
import { ApiRefusal, type RefusalKind } from '../client/admin/refusal.ts'

/** What a command ends with, for scripts. */
export const EXIT_CODES = {
  done: [0, 'It was done; what was asked is so.'],
  failed: [
    1,
    'It failed or was refused, or the answer is no ("access explain", "policy check", "fsck" and their like).',
  ],
  usage: [2, 'The command was not written as it must be, or cannot be done there.'],
  forbidden: [3, 'A server wants a sign-in, or does not let this account do it.'],
  missing: [4, 'A server, or --json, has nothing of that name.'],
  unreachable: [
    5,
    'The server cannot be reached, is not the one that its certificate must show, or does not answer as Berth does.',
  ],
  interrupted: [130, 'It was interrupted (Ctrl-C).'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>

/** The command was not written as it must be. */
export class UsageError extends Error {}

const REFUSALS: Readonly<Record<RefusalKind, keyof typeof EXIT_CODES>> = {
  unauthenticated: 'forbidden',
  forbidden: 'forbidden',
  'not-found': 'missing',
  refused: 'failed',
}

export function exitCodeOf(error: unknown): number {
  // Help and the version are no mistakes.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage[0]
  return EXIT_CODES[kindOf(error)][0]
}

function kindOf(error: unknown): keyof typeof EXIT_CODES {
  if (error instanceof UsageError) return 'usage'
  if (error instanceof ApiRefusal) return REFUSALS[error.kind]
  return isEgressError(error) ? 'unreachable' : 'failed'
}
