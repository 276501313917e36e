import type { Command } from 'commander'
import { explain } from '../access/explain.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withManagement } from './offline.ts'
import { print } from './output.ts'

export function addAccessCommands(program: Command): void {
  const access = program.command('access').description('Ask what somebody may do.')
  withConfig(
    access
      .command('explain <who> <action> <repository>')
      .description(
        'Say whether a user, a robot or "anonymous" may pull, push, overwrite, delete or manage, which rule decides, and why. Ends with 1 when not.',
      ),
  ).action(async (who: string, action: string, repository: string, flags: Flags) => {
    const { allowed, rule, considered } = await withManagement(await offlineOf(flags), (m) =>
      explain(m, { who, action, repository }),
    )
    print(`${allowed ? 'Yes' : 'No'}: ${rule}.`)
    for (const sentence of considered) print(`  ${sentence}`)
    process.exitCode = allowed ? 0 : 1
  })
}
