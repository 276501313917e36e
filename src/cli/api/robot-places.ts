import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation, pagesOf } from '../../client/admin/call-operation.ts'
import { type RowOf, shapeOf } from '../../client/admin/operation.ts'
import { ApiRefusal } from '../../client/admin/refusal.ts'
import { show } from './command.ts'
import type { Column, Said } from './spec.ts'

type Robot = RowOf<'listRobot'>

const AT_ONCE = 8

/** `robot.PROJECT.NAME` has dots where the project has slashes; undefined: a robot of the whole registry. */
export async function projectOfRobot(client: AdminClient, robot: string): Promise<string | undefined> {
  const dotted = /^robot\.(.+)\.[^.]+$/.exec(robot)?.[1]
  if (dotted?.includes('.') !== true) return dotted
  const alike = (await projectsOf(client)).filter((project) => project.replaceAll('/', '.') === dotted)
  if (alike.length < 2) return alike[0] ?? dotted
  for (const project of alike)
    if ((await unlessRefused(callOperation(client, 'getProjectRobot', { path: { project, robot } }))) !== undefined)
      return project
  return dotted
}

/** Of a project, or all that whoever asks may see: those of the registry, and of each project. */
export async function listRobots(client: AdminClient, said: Said, columns: readonly Column<Robot>[]): Promise<void> {
  const { project } = said.flags
  const items = typeof project === 'string' ? await robotsOf(client, project) : await allRobots(client)
  show<'listRobot'>(said, { show: columns }, { items })
}

async function allRobots(client: AdminClient): Promise<Robot[]> {
  const ofRegistry = await callOperation(client, 'listRobot').catch(refused)
  const projects = await projectsOf(client)
  const found: (readonly Robot[] | undefined)[] = []
  for (let at = 0; at < projects.length; at += AT_ONCE) {
    const some = projects.slice(at, at + AT_ONCE)
    found.push(...(await Promise.all(some.map((project) => unlessRefused(robotsOf(client, project))))))
  }
  // Who may see none of them is told so.
  if (ofRegistry instanceof ApiRefusal && found.every((robots) => robots === undefined)) throw ofRegistry
  const all = [...(ofRegistry instanceof ApiRefusal ? [] : ofRegistry.items), ...found.flatMap((each) => each ?? [])]
  return all.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

async function robotsOf(client: AdminClient, project: string): Promise<Robot[]> {
  return (await callOperation(client, 'listProjectRobot', { path: { project } })).items
}

async function projectsOf(client: AdminClient): Promise<string[]> {
  const names: string[] = []
  for await (const page of pagesOf(client, shapeOf('listProjects'), {}))
    names.push(...(page as RowOf<'listProjects'>[]).map(({ name }) => name))
  return names
}

async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  const answer = await asked.catch(refused)
  return answer instanceof ApiRefusal ? undefined : answer
}

/** Not to be seen by this account, or gone meanwhile. */
function refused(error: unknown): ApiRefusal {
  if (error instanceof ApiRefusal && ['forbidden', 'not-found'].includes(error.kind)) return error
  throw error
}
