import type { RowOf } from '../../client/admin/operation.ts'
import { UsageError } from '../exit-codes.ts'
import { either, text } from './choose.ts'
import { at } from './command.ts'
import type { ApiCommand, Column, Said } from './spec.ts'

const PROJECT = [
  'name',
  ['VISIBILITY', ({ public: isPublic }) => (isPublic ? 'public' : 'private')],
  'createdAt',
] as const satisfies readonly Column<RowOf<'listProjects'>>[]

const name = ({ words }: Said) => words[0] ?? ''

export const PROJECT_COMMANDS: readonly ApiCommand[] = [
  at('project list', 'listProjects', { show: PROJECT }),
  at('project show', 'getProject', {
    path: ['project'],
    define: (command) => command.description('Show a project.').argument('<name>'),
  }),
  at('project add', 'createProject', {
    body: (said) => {
      const isPublic = either(said.flags, 'public', 'private')
      return { name: name(said), ...(isPublic === undefined ? {} : { public: isPublic }) }
    },
    say: (_, made) => `The ${made.public ? 'public' : 'private'} project "${made.name}" was made.`,
  }),
  at('project set', 'changeProject', {
    path: ['project'],
    body: ({ flags }) => {
      const isPublic = either(flags, 'public', 'private')
      if (isPublic === undefined) throw new UsageError('say --public or --private')
      return { public: isPublic }
    },
    say: (said) => `The project "${name(said)}" is ${said.flags.public === true ? 'public' : 'private'}.`,
  }),
  at('project remove', 'removeProject', {
    path: ['project'],
    say: (said) => `The project "${name(said)}" was removed.`,
  }),
  at('grant list', 'listGrants', {
    path: ['project'],
    show: ['id', 'subject', 'allows', ['FOR', ({ pattern }) => (pattern === '' ? 'everything' : pattern)]],
  }),
  at('grant add', 'addGrant', {
    path: ['project'],
    body: ({ words: [, subject = '', allows = ''], flags }) => {
      const pattern = text(flags, 'pattern')
      return { subject, allows, ...(pattern === undefined ? {} : { pattern }) }
    },
    say: ({ words: [project, subject, allows], flags }) => {
      const pattern = text(flags, 'pattern')
      return `${subject} has "${allows}" in the project ${project}${pattern === undefined ? '' : `, for ${pattern}`}.`
    },
  }),
  at('grant remove', 'removeGrant', {
    path: ['project', 'grant'],
    say: ({ words }) => `The grant ${words[1]} was taken back.`,
  }),
]
