import { Command } from 'commander'
import { MAP_LAYER, READ_FILE, READ_LAYER, READ_SLICES } from '../inventory/layer/reading-order.ts'
import { VERSION } from '../lib/version.ts'
import type { Flags } from './flags.ts'
import { serveBy, withServeFlags } from './serve-flags.ts'
import { type Surroundings, surroundings } from './user-surroundings.ts'

/** The program with all its commands, for help, documentation and completion. */
export async function createProgram(): Promise<Command> {
  return createCommands([], surroundings())
}

/** With those that begin with the first of these words; with all of them where that is none of ours. */
async function createCommands(words: readonly string[], here: Surroundings): Promise<Command> {
  const program = createServer()
  const [{ addCommands, isCommand }, { API_COMMANDS }, { attachApi }] = await Promise.all([
    import('./commands.ts'),
    import('./api/table.ts'),
    import('./api/attach.ts'),
  ])
  const [first = ''] = words
  const isServed = (word: string) => API_COMMANDS.some(({ name }) => name.split(' ')[0] === word)
  const isKnown = first !== COMPLETION && (isCommand(first) || isServed(first))
  const isWanted = isKnown ? (word: string) => word === first : () => true
  await addCommands(program, isWanted)
  const served = API_COMMANDS.filter(({ name }) => isWanted(name.split(' ')[0] ?? ''))
  attachApi(program, served, { here, where: words.length === 0 ? undefined : await whereOf(here, words), words })
  return program
}

async function whereOf(here: Surroundings, words: readonly string[]) {
  const { findWhere } = await import('./api/where.ts')
  return findWhere(here, words)
}

/** The commands that serve, and nothing else: reading the others takes longer than all the rest of a start. */
function createServer(): Command {
  const program = new Command('berth')
    .description('A container registry in one process.')
    .version(VERSION)
    .enablePositionalOptions()
    .exitOverride()
  withServeFlags(program.command('serve', { isDefault: true }).description('Run the registry.')).action(
    (flags: Flags) => serveBy(flags),
  )
  program.command('worker', { hidden: true }).action(async () => (await import('./worker.ts')).work())
  program
    .command(`${READ_LAYER} <order>`, { hidden: true })
    .action(async (order: string) => (await import('../inventory/layer/reading-process.ts')).readLayerHere(order))
  program
    .command(`${READ_FILE} <order>`, { hidden: true })
    .action(async (order: string) => (await import('../inventory/layer/reading-process.ts')).readFileHere(order))
  program
    .command(`${MAP_LAYER} <order>`, { hidden: true })
    .action(async (order: string) => (await import('../inventory/layer/reading-process.ts')).mapLayerHere(order))
  program
    .command(`${READ_SLICES} <order>`, { hidden: true })
    .action(async (order: string) => (await import('../inventory/layer/reading-process.ts')).readSlicesHere(order))
  return program
}

const HELP = ['-h', '--help']
/** It says what all the others are. */
const COMPLETION = 'completion'
/** Commands that are there without the others. */
const QUICK = ['serve', 'worker', READ_LAYER, READ_FILE, MAP_LAYER, READ_SLICES]

export async function runProgram(words: readonly string[], here = surroundings()): Promise<void> {
  const program = isServing(words) ? createServer() : await createCommands(words, here)
  await program.parseAsync(words, { from: 'user' })
}

function isServing([first]: readonly string[]): boolean {
  return first === undefined || QUICK.includes(first) || (first.startsWith('-') && !HELP.includes(first))
}
