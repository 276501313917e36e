import { createProgram } from './cli/program.ts'

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`berth: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  })
