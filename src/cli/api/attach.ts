import type { Command } from 'commander'
import { cursorOf, shapeOf } from '../../client/admin/operation.ts'
import { ApiRefusal } from '../../client/admin/refusal.ts'
import { StrangeAnswer } from '../../client/admin/strange-answer.ts'
import { EgressError } from '../../client/egress.ts'
import { UsageError } from '../exit-codes.ts'
import { withConfig } from '../flags.ts'
import { printable } from '../output.ts'
import type { Surroundings } from '../user-surroundings.ts'
import { has } from './place-words.ts'
import { saidOf, withConnection, withRefusal } from './said.ts'
import type { ApiCommand, Flags } from './spec.ts'
import type { Where } from './where.ts'

interface Attaching {
  readonly here: Surroundings
  /** The server that was chosen; undefined: the data of this machine. */
  readonly where: Where | undefined
  readonly words: readonly string[]
}

/** Commands that are about a place of their own, wherever they run. */
const ELSEWHERE: ReadonlySet<string> = new Set(['profile', 'login', 'logout', 'api', 'top', 'help', 'completion'])

/** These say where, and nothing of what. */
const ABOUT_PLACES: ReadonlySet<string> = new Set(['--local', '--server', '--profile'])

/** What stands above commands that only the API has. */
const PARENTS: Readonly<Record<string, string>> = {
  me: 'About you, as you are signed in at a server.',
  job: 'What the servers do by themselves: look at it, run it, end it.',
  system: 'A server as a whole.',
}

/** Makes the commands of a tree work at a server, where that is wanted, and makes those that only a server has. */
export function attachApi(program: Command, commands: readonly ApiCommand[], attaching: Attaching): void {
  for (const each of commands) {
    const found = find(program, each.name.split(' '))
    const command = found ?? make(program, each)
    if (command === undefined) continue
    const own = command.options.map((option) => ({ long: option.long, name: option.attributeName() }))
    if (found !== undefined) each.extend?.(command)
    withConnection(
      command,
      each.operations.some((operation) => cursorOf(shapeOf(operation)) !== undefined),
    )
    const longs = new Set(own.map(({ long }) => long))
    const isAsked = command.options.some(({ long }) => isOfApi(long, longs) && has(attaching.words, long))
    if (found !== undefined && attaching.where === undefined && !isAsked) continue
    serveBy(command, { ...each, own: new Set(own.map(({ name }) => name)) }, attaching)
  }
  const served = new Set(commands.map(({ name }) => name))
  for (const [name, command] of leavesOf(program))
    if (!served.has(name) && !ELSEWHERE.has(name.split(' ')[0] ?? '')) refuse(command, name, attaching.where)
}

/** Whether the option means that the API answers, also about the data of this machine. */
function isOfApi(long: string | undefined, own: ReadonlySet<string | undefined>): long is string {
  return long !== undefined && !own.has(long) && !ABOUT_PLACES.has(long)
}

interface Served extends ApiCommand {
  /** Flags that the command has by itself: they say nothing of the connection. */
  readonly own: ReadonlySet<string>
}

function serveBy(command: Command, served: Served, { here, where }: Attaching): void {
  command.action(async () => {
    const said = saidOf(command)
    if (where === undefined) {
      if (served.aboutSelf) throw new UsageError(`"berth ${served.name}" is about whoever is signed in: say --server`)
      const { withOperatorClient } = await import('./operator-client.ts')
      return withOperatorClient(said.flags, (client) => served.run(client, said))
    }
    const { connect } = await import('./connection.ts')
    await served.run(await connect(here, where, connectionOf(said.flags, served.own)), said).catch((error: unknown) => {
      throw withAdvice(error, where)
    })
  })
}

/** @throws UsageError where the command wants what the sign-in would read from standard input */
function connectionOf(flags: Flags, own: ReadonlySet<string>): Flags {
  const { user, tokenFile, passwordStdin, ...rest } = Object.fromEntries(
    Object.entries(flags).filter(([name]) => !own.has(name)),
  )
  const readsPassword = own.has('passwordStdin') && flags.passwordStdin === true
  const reads = readsPassword || flags.secretStdin === true
  if ((readsPassword && user !== undefined) || (reads && (passwordStdin === true || tokenFile === '-')))
    throw new UsageError('standard input is for the command itself here: sign in with "berth login" or --token-file')
  return { ...rest, user, tokenFile, passwordStdin }
}

/** What would help somebody who is not signed in there, or asks something else than Berth. */
function withAdvice(error: unknown, { server }: Where): unknown {
  const strange = strangeness(error)
  if (strange !== undefined) return new EgressError(server, `does not answer as Berth does (${strange})`, error)
  if (!(error instanceof ApiRefusal) || error.kind !== 'unauthenticated') return error
  return new ApiRefusal(error.status, `${server}: ${error.message}. Sign in with: berth login ${server}`)
}

function strangeness(error: unknown): string | undefined {
  if (error instanceof StrangeAnswer) return error.message
  // What its types promise is not there.
  return error instanceof TypeError ? 'parts of the answer are missing' : undefined
}

/** About places that they name, or the configuration, and not the data. */
const NAMES_PLACES: ReadonlySet<string> = new Set(['config', 'copy', 'sign', 'verify'])

function refuse(command: Command, name: string, where: Where | undefined): void {
  withRefusal(command)
  if (where === undefined) return
  if (where.isSaid)
    command.action(() => {
      throw new UsageError(`"berth ${name}" works on the data of this machine, and not on a server: leave --server out`)
    })
  else if (command.options.some(({ long }) => long === '--data') && !NAMES_PLACES.has(name.split(' ')[0] ?? ''))
    command.hook('preAction', () => {
      process.stderr.write(`"berth ${name}" works on this machine's data, and not on ${printable(where.server)}\n`)
    })
}

function find(program: Command, words: readonly string[]): Command | undefined {
  let at: Command | undefined = program
  for (const word of words) at = at?.commands.find((each) => each.name() === word)
  return at
}

/** Undefined: its group was not loaded. */
function make(program: Command, each: ApiCommand): Command | undefined {
  if (each.define === undefined) return undefined
  const made = named(program, each.name.split(' '))
  if (made === undefined) return undefined
  each.define(made)
  return each.aboutSelf ? made : withConfig(made)
}

function named(program: Command, [first = '', second]: readonly string[]): Command | undefined {
  if (second === undefined) return program.command(first)
  const about = PARENTS[first]
  const parent = find(program, [first]) ?? (about === undefined ? undefined : program.command(first).description(about))
  return parent?.command(second)
}

function* leavesOf(command: Command, above: readonly string[] = []): Generator<readonly [string, Command]> {
  for (const child of command.commands) {
    const words = [...above, child.name()]
    if (child.commands.length === 0) yield [words.join(' '), child]
    else yield* leavesOf(child, words)
  }
}
