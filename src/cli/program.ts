import { Command } from 'commander'
import type { Flags } from './flags.ts'
import { loadServeFlags, withServeFlags } from './serve-flags.ts'
import { serve } from './serve.ts'
import { READ_FILE, READ_LAYER } from '../inventory/layer/reading-order.ts'
import { VERSION } from '../lib/version.ts'
import { work } from './worker.ts'

/** The program with all its commands, for help, documentation and whatever is no server. */
export async function createProgram(): Promise<Command> {
  const program = createServer()
  const { addCommands } = await import('./commands.ts')
  addCommands(program)
  return program
}

/** The commands that serve, and nothing else: reading the others takes longer than all the rest of a start. */
function createServer(): Command {
  const program = new Command('berth')
    .description('A container registry in one process.')
    .version(VERSION)
    .enablePositionalOptions()
  withServeFlags(program.command('serve', { isDefault: true }).description('Run the registry.')).action(
    async (flags: Flags) => serve((await loadServeFlags(flags)).config),
  )
  program.command('worker', { hidden: true }).action(work)
  program
    .command(`${READ_LAYER} <order>`, { hidden: true })
    .action(async (order: string) => (await import('../inventory/layer/reading-process.ts')).readLayerHere(order))
  program
    .command(`${READ_FILE} <order>`, { hidden: true })
    .action(async (order: string) => (await import('../inventory/layer/reading-process.ts')).readFileHere(order))
  return program
}

const HELP = ['-h', '--help']
/** Commands that are there without the others. */
const QUICK = ['serve', 'worker', READ_LAYER, READ_FILE]

/** What these words need: `berth`, `berth --listen …` and `berth serve …` serve. */
export async function programFor(words: readonly string[]): Promise<Command> {
  const [first] = words
  const serves = first === undefined || QUICK.includes(first) || first.startsWith('-')
  return serves && !HELP.includes(first ?? '') ? createServer() : createProgram()
}
