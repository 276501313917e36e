import { CommanderError } from 'commander'
import { exitCodeOf } from './exit-codes.ts'
import { printableLines } from './output.ts'

/** Says what went wrong, and returns what the process ends with. */
export function reportFailure(error: unknown): number {
  // Commander has said what it has to say.
  if (!(error instanceof CommanderError)) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`berth: ${printableLines(message)}\n`)
  }
  return exitCodeOf(error)
}
