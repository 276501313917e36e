import { commandFromName } from './cli/docker-helper.ts'
import { programFor } from './cli/program.ts'

// Keys and password hashes lie in the data folder: whatever we make is for its owner only.
process.umask(0o077)
// Whoever reads the log may go away; the registry stays.
process.stdout.on('error', () => undefined)

const words = commandFromName(process.argv, process.argv0)

programFor(words.slice(2))
  .then((program) => program.parseAsync(words))
  .catch((error: unknown) => {
    process.stderr.write(`berth: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  })
