import type { Command } from 'commander'
import { listGrants } from '../access/grant-store.ts'
import { addGrant, createProject, removeGrant, removeProject, setVisibility } from '../access/manage-projects.ts'
import { type Management, requireFound } from '../access/management.ts'
import { findProject, findProjectOf, listProjects, type Project } from '../access/project-store.ts'
import { nameOfSubject } from '../access/subjects.ts'
import { parseRepositoryName } from '../oci/name.ts'
import { type Flags, offlineOf, parseNumber, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printTable } from './output.ts'

export async function projectNamed(m: Management, name: string): Promise<Project> {
  return requireFound(await findProject(m.database.reader, name), `project "${name}"`)
}

export function addProjectCommands(program: Command): void {
  const project = program
    .command('project')
    .description('Manage projects: the namespaces that members and rules hang on.')
  withConfig(project.command('add <name>').description('Make a project of everything below a name.'))
    .option('--public', 'anybody may pull without signing in')
    .option('--private', 'only members may pull')
    .action(async (name: string, flags: Flags) => {
      if (flags.public === true && flags.private === true) throw new Error('say --public or --private, not both')
      const isPublic = flags.public === true ? true : flags.private === true ? false : undefined
      const { made, outer } = await withManagement({ ...(await offlineOf(flags)), create: true }, async (m) => ({
        made: await createProject(m, BY_OPERATOR, { name, public: isPublic }),
        outer: await outerProject(m, name),
      }))
      print(
        `The ${visibilityOf(made)} project "${name}" was made. Give somebody a role: berth grant add ${name} user:NAME owner`,
      )
      if (outer !== undefined)
        print(
          `It is inside of the project ${outer.name}, and nothing that is said there holds in ${name}: no grants, policies, exemptions, trust, exceptions, rules or quota. Say anew what is to hold.`,
        )
    })
  withConfig(project.command('set <name>').description('Make a project public or private.'))
    .option('--public', 'anybody may pull without signing in')
    .option('--private', 'only members may pull')
    .action(async (name: string, flags: Flags) => {
      if ((flags.public === true) === (flags.private === true)) throw new Error('say --public or --private')
      await withManagement(await offlineOf(flags), async (m) =>
        setVisibility(m, BY_OPERATOR, await projectNamed(m, name), flags.public === true),
      )
      print(`The project "${name}" is ${flags.public === true ? 'public' : 'private'}.`)
    })
  withConfig(
    project.command('remove <name>').description('Remove a project that holds no images; its robots go too.'),
  ).action(async (name: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) =>
      removeProject(m, BY_OPERATOR, await projectNamed(m, name)),
    )
    print(`The project "${name}" was removed.`)
  })
  withConfig(project.command('list').description('List the projects.')).action(async (flags: Flags) => {
    const projects = await withManagement(await offlineOf(flags), (m) => listProjects(m.database.reader, '', 100_000))
    printTable(projects.map((each) => [each.name, visibilityOf(each)]))
  })
}

/** The one that the repositories of a new project belonged to. */
async function outerProject({ database }: Management, name: string): Promise<Project | undefined> {
  const end = name.lastIndexOf('/')
  return end < 0 ? undefined : findProjectOf(database.reader, parseRepositoryName(name.slice(0, end)))
}

function visibilityOf({ public: isPublic }: Project): string {
  return isPublic ? 'public' : 'private'
}

const SUBJECT = 'user:NAME, group:NAME, group:PROVIDER:NAME or robot:NAME'

export function addGrantCommands(program: Command): void {
  const grant = program.command('grant').description('Say who may do what in a project.')
  withConfig(
    grant
      .command('add <project> <subject> <role>')
      .description(
        `Give ${SUBJECT} a role (reader, writer, maintainer, owner) or actions with commas between them (pull, push, overwrite, delete, protect, manage).`,
      ),
  )
    .option(
      '--pattern <pattern>',
      'only repositories whose names below the project match; "*" stands for any characters but a slash, "**" for any',
    )
    .action(async (project: string, subject: string, allows: string, flags: Flags & { readonly pattern?: string }) => {
      const { pattern } = flags
      await withManagement(await offlineOf(flags), async (m) =>
        addGrant(m, BY_OPERATOR, await projectNamed(m, project), { subject, allows, pattern }),
      )
      print(`${subject} has "${allows}" in the project ${project}${pattern === undefined ? '' : `, for ${pattern}`}.`)
    })
  withConfig(grant.command('list <project>').description('List who may do what in a project.')).action(
    async (name: string, flags: Flags) => {
      const rows = await withManagement(await offlineOf(flags), async (m) => {
        const { reader } = m.database
        const grants = await listGrants(reader, (await projectNamed(m, name)).id)
        return Promise.all(
          grants.map(async ({ id, subject, allows, pattern }) => [
            String(id),
            await nameOfSubject(reader, subject),
            allows,
            pattern === '' ? 'everything' : pattern,
          ]),
        )
      })
      printTable(rows)
    },
  )
  withConfig(
    grant.command('remove <project> <number>').description('Take a grant back; "berth grant list" has the numbers.'),
  ).action(async (project: string, number: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) =>
      removeGrant(m, BY_OPERATOR, await projectNamed(m, project), parseNumber(number)),
    )
    print(`The grant ${number} was taken back.`)
  })
}
