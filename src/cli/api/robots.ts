import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { either, number } from './choose.ts'
import { atProject, several } from './command.ts'
import { listRobots, projectOfRobot } from './robot-places.ts'
import type { ApiCommand, Said } from './spec.ts'

const ROBOT = ['name', 'hasSecret', 'disabled', 'expiresAt', 'usedAt', 'maker'] as const

/** Robots of a project are its owners' to manage; they are known there only. */
const extend = (command: Command) => command.option('--project <name>', 'a robot of this project')

const name = ({ words }: Said) => words[0] ?? ''

function until({ expiresAt }: { readonly expiresAt?: string | undefined }): string {
  return expiresAt === undefined ? 'for ever' : `until ${expiresAt}`
}

function days({ flags }: Said): { expiresInDays?: number } {
  const said = number(flags, 'days')
  return said === undefined ? {} : { expiresInDays: said }
}

function changes(said: Said) {
  const disabled = either(said.flags, 'disable', 'enable')
  const changed = {
    ...days(said),
    ...(disabled === undefined ? {} : { disabled }),
    ...(said.flags.takeOver === true ? { takeOver: true } : {}),
  }
  if (Object.keys(changed).length === 0)
    throw new UsageError('say what to change: --disable, --enable, --days or --take-over')
  return changed
}

function claimsOf([claims = []]: readonly (readonly string[])[]): Record<string, string> {
  const pairs = claims.map((claim) => {
    const equals = claim.indexOf('=')
    if (equals < 1) throw new UsageError(`"${claim}" is not NAME=PATTERN`)
    return [claim.slice(0, equals), claim.slice(equals + 1)] as const
  })
  return Object.fromEntries(pairs)
}

/** Of a robot by its whole name, which says its project. */
function byName(made: ApiCommand): ApiCommand {
  return {
    ...made,
    run: async (client, said) => {
      const project = said.flags.project ?? (await projectOfRobot(client, name(said)))
      await made.run(client, { ...said, flags: { ...said.flags, project } })
    },
  }
}

const OF_ONE: readonly ApiCommand[] = [
  atProject('robot show', ['getRobot', 'getProjectRobot'], {
    path: ['robot'],
    define: (command) => extend(command.description('Show a robot account.').argument('<name>')),
  }),
  atProject('robot secret', ['rotateRobotSecret', 'rotateProjectRobotSecret'], {
    path: ['robot'],
    body: days,
    secret: 'secret',
    say: (_, made) => `The robot ${made.name} has a new secret, good ${until(made)}.`,
    extend,
  }),
  atProject('robot set', ['changeRobot', 'changeProjectRobot'], {
    path: ['robot'],
    body: changes,
    say: (said) => `The robot ${name(said)} was changed.`,
    extend,
  }),
  atProject('robot remove', ['removeRobot', 'removeProjectRobot'], {
    path: ['robot'],
    say: (said) => `The robot ${name(said)} was removed.`,
    extend,
  }),
  atProject('robot trust', ['addRobotTrust', 'addProjectRobotTrust'], {
    path: ['robot'],
    body: ({ words: [, issuer = ''], lists }) => ({ issuer, claims: claimsOf(lists) }),
    say: ({ words }) => `Workloads of ${words[1]} with these claims are ${words[0]} from now on.`,
    extend,
  }),
  atProject('robot trusts', ['listRobotTrust', 'listProjectRobotTrust'], { path: ['robot'], extend }),
  atProject('robot distrust', ['removeRobotTrust', 'removeProjectRobotTrust'], {
    path: ['robot', 'rule'],
    say: ({ words }) => `The rule ${words[1]} was removed.`,
    extend,
  }),
]

export const ROBOT_COMMANDS: readonly ApiCommand[] = [
  several('robot list', ['listRobot', 'listProjectRobot'], (client, said) => listRobots(client, said, ROBOT), {
    extend,
  }),
  atProject('robot add', ['createRobot', 'createProjectRobot'], {
    path: [],
    body: (said) => ({
      name: name(said),
      ...(said.flags.neverExpires === true ? { expiresInDays: null } : days(said)),
      ...(said.flags.secret === false ? { withoutSecret: true } : {}),
    }),
    secret: 'secret',
    say: (_, made) => `The robot ${made.name} was made, good ${until(made)}.`,
  }),
  ...OF_ONE.map(byName),
]
