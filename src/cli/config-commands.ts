import type { Command } from 'commander'
import { convertConfig, printConfig } from './config.ts'
import type { Flags } from './flags.ts'
import { loadServeFlags, withServeFlags } from './serve-flags.ts'
import { requireUsable } from './usable.ts'

export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('Look at the configuration.')
  withServeFlags(config.command('check').description('Say what is wrong with the configuration.')).action(
    async (flags: Flags) => {
      await requireUsable((await loadServeFlags(flags)).config)
      process.stdout.write('The configuration is good.\n')
    },
  )
  config
    .command('convert <file>')
    .description(
      'Print a configuration of distribution (docker/registry, 2.x and 3.x) in our words, with REGISTRY_* variables, and what became of each key. Ends with 1 when something has to be settled first.',
    )
    .action(convertConfig)
  withServeFlags(config.command('print').description('Print the configuration in force, defaults included.')).action(
    async (flags: Flags) => void process.stdout.write(await printConfig((await loadServeFlags(flags)).config)),
  )
}
