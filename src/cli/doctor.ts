import type { Command } from 'commander'
import { examine } from '../doctor/examine.ts'
import type { Finding } from '../doctor/finding.ts'
import type { Flags } from './flags.ts'
import { print } from './output.ts'
import { loadServeFlags, withServeFlags } from './serve-flags.ts'
import { processLog } from './serving.ts'

/** `berth doctor`: with the flags of `berth serve`, so that it looks at what that would use. */
export function addDoctorCommand(program: Command): void {
  withServeFlags(
    program
      .command('doctor')
      .description(
        'Look at disk, clock, certificate, names, database, storage and remotes, and say what to do. Ends with 1 when something fails. Leaves everything as it is.',
      ),
  )
    .option('--json', 'print as JSON')
    .action(async (flags: Flags & { readonly json?: boolean }) => {
      const { config } = await loadServeFlags(flags)
      const findings = await examine(config, processLog({ ...config, log: { ...config.log, level: 'error' } }))
      if (flags.json === true) print(JSON.stringify(findings))
      else for (const finding of findings) printFinding(finding)
      process.exitCode = findings.some(({ level }) => level === 'fail') ? 1 : 0
    })
}

function printFinding({ level, check, message, advice }: Finding): void {
  print(`${level.padEnd(4)}  ${check.padEnd(13)}  ${message}`)
  if (advice !== undefined) print(`${' '.repeat(21)}→ ${advice}`)
}
