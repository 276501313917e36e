import { commandFromName } from './cli/docker-helper.ts'
import { run } from './cli/run.ts'

// Keys and password hashes lie in the data folder: whatever we make is for its owner only.
process.umask(0o077)
// Whoever reads the log may go away; the registry stays.
process.stdout.on('error', () => undefined)

run(commandFromName(process.argv, process.argv0).slice(2)).catch(async (error: unknown) => {
  const { reportFailure } = await import('./cli/failure.ts')
  process.exit(reportFailure(error))
})
