import type { Command } from 'commander'
import { type Flags, withConfig } from './flags.ts'
import { fsckCommand } from './fsck.ts'
import { loadServeFlags } from './serve-flags.ts'

export function addFsckCommand(program: Command): void {
  withConfig(program.command('fsck').description('Check every row against every stored byte, and the other way round.'))
    .option('--quick', 'compare sizes only, without reading the bytes')
    .action(async (flags: Flags) => {
      const sound = await fsckCommand((await loadServeFlags(flags)).config, { quick: flags.quick === true })
      process.exitCode = sound ? 0 : 1
    })
}
