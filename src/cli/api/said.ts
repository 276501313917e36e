import { InvalidArgumentError, type Command } from 'commander'
import type { Said } from './spec.ts'

/** What commander found for a command. */
export function saidOf(command: Command): Said {
  const args: readonly unknown[] = command.processedArgs
  return {
    words: args.filter((arg) => typeof arg === 'string'),
    lists: args.filter((arg): arg is string[] => Array.isArray(arg)),
    flags: command.opts(),
  }
}

/** Every command that a server can do has these; one that has another meaning for a name keeps it. */
export function withConnection(command: Command, isList: boolean): void {
  const has = (name: string) => command.options.some(({ long }) => long === name)
  const add = (flags: string, about: string, isHidden = false) => {
    const option = command.createOption(flags, about)
    if (isHidden) option.hideHelp()
    if (option.long !== undefined && !has(option.long ?? '')) command.addOption(option)
  }
  add('--server <url>', 'of this server, as whoever is signed in there')
  add('--json', 'print the answer of the admin API')
  if (isList && !has('--limit')) command.option('--limit <n>', 'no more than so many (--server, --json)', parseLimit)
  add('--profile <name>', 'of the server of this profile', true)
  add('--local', 'of this machine, whatever profile is in use', true)
  add('--ca-file <file>', 'authorities of its certificate, PEM', true)
  add('--insecure-http', 'allow plain HTTP to another machine', true)
  add('--token-file <file>', 'sign in with the line in this file', true)
  add('--user <name>', 'sign in by this name', true)
  add('--password-stdin', 'read the password from standard input', true)
}

/** Of the data of this machine: they take --server only to say so, and --local as all do. */
export function withRefusal(command: Command): void {
  for (const flags of ['--server <url>', '--profile <name>', '--local'])
    if (!command.options.some(({ long }) => flags.split(' ')[0] === long))
      command.addOption(command.createOption(flags).hideHelp())
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0) return limit
  throw new InvalidArgumentError('a whole number, 1 or more')
}
