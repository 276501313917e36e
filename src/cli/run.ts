import { withConnectionLast } from './api/place-words.ts'
import { plainServeFlags, serveBy } from './serve-flags.ts'

/** Runs what these words say: `berth`, `berth --listen …` and `berth serve …` serve. */
export async function run(given: readonly string[]): Promise<void> {
  const words = withConnectionLast(given)
  const flags = plainServeFlags(words)
  if (flags !== undefined) return serveBy(flags)
  const { runProgram } = await import('./program.ts')
  await runProgram(words)
}
