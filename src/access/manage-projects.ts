import { deleteGrant, listGrants, putGrant } from './grant-store.ts'
import type { Principal } from '../auth/principal.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import { isRepositoryName } from '../oci/name.ts'
import { actionsOf, parseAllows } from './actions.ts'
import {
  type By,
  change,
  makerOf,
  type Management,
  requireFound,
  requireHeld,
  tellProjectChanged,
} from './management.ts'
import { parsePattern } from './pattern.ts'
import {
  deleteProject,
  findProject,
  hasContentIn,
  hasProjectsBelow,
  insertProject,
  type Project,
  removeEmptyRepositories,
  setProjectPublic,
} from './project-store.ts'
import { findSubject } from './subjects.ts'

export interface ProjectInput {
  readonly name: string
  /** Undefined: as the registry is. */
  readonly public?: boolean | undefined
}

/** @throws Problem */
export function parseProjectName(text: string): string {
  if (isRepositoryName(text)) return text
  throw new Problem(
    'invalid',
    'a project name is made of lower-case letters and digits, separated by "/", ".", "_", "__" or "-"',
  )
}

/** Whoever makes it owns it. What is below its name already is its from now on. */
export async function createProject(m: Management, by: By, input: ProjectInput): Promise<Project> {
  const name = parseProjectName(input.name)
  const isPublic = input.public ?? (await m.publicByDefault())
  const about = { action: 'project.created', target: `project:${name}`, detail: { public: isPublic } }
  return change(m, by, about, async (tx) => {
    if ((await findProject(tx, name)) !== undefined)
      throw new Problem('conflict', `there is a project "${name}" already`)
    const createdBy = makerOf(by)
    const now = m.clock.now()
    const id = await insertProject(tx, { name, public: isPublic, createdBy }, now)
    if (createdBy !== undefined)
      await putGrant(tx, { projectId: id, pattern: '', subject: createdBy, allows: 'owner' }, now)
    await tellProjectChanged(m, tx, name)
    return { id, name, public: isPublic, createdBy, createdAt: now }
  })
}

/** For a first push. Somebody else may have been quicker: whether the push may go on is decided anew with each request. */
export async function createPushedProject(
  m: Management,
  by: By & { principal: Principal },
  name: string,
): Promise<void> {
  await createProject(m, by, { name }).catch((error: unknown) => {
    if (!(error instanceof Problem && error.kind === 'conflict')) throw error
  })
}

export async function setVisibility(m: Management, by: By, project: Project, isPublic: boolean): Promise<void> {
  const about = { action: 'project.changed', target: `project:${project.name}`, detail: { public: isPublic } }
  await change(m, by, about, (tx) => setProjectPublic(tx, project.id, isPublic))
}

/** Only when nothing is in it: what was private in it would otherwise be under another rule at once. @throws Problem */
export async function removeProject(m: Management, by: By, project: Project): Promise<void> {
  await change(m, by, { action: 'project.removed', target: `project:${project.name}` }, async (tx) => {
    if (await hasProjectsBelow(tx, project.name))
      throw new Problem('conflict', `there are projects below ${project.name}; remove those first`)
    if (await hasContentIn(tx, project.name))
      throw new Problem('conflict', `there are images in ${project.name} or in its recycle bin; delete those first`)
    await removeEmptyRepositories(tx, project.name, m.clock.now())
    await deleteProject(tx, project.id)
    await tellProjectChanged(m, tx, project.name)
  })
}

export interface GrantInput {
  /** `user:NAME`, `group:NAME` or `robot:NAME`. */
  readonly subject: string
  /** A role, or actions with commas between them. */
  readonly allows: string
  /** Of names below the project; undefined: the whole project. */
  readonly pattern?: string | undefined
}

/** @throws Problem */
export async function addGrant(m: Management, by: By, project: Project, input: GrantInput): Promise<void> {
  const allows = parseAllows(input.allows)
  const pattern = input.pattern === undefined || input.pattern === '' ? '' : parsePattern(input.pattern)
  await requireHeld(m, by, project, actionsOf(allows))
  const about = {
    action: 'grant.added',
    target: `project:${project.name}`,
    detail: { subject: input.subject, allows, pattern },
  }
  await change(m, by, about, async (tx) => {
    const now = m.clock.now()
    const subject = await findSubject(tx, input.subject, now)
    await requireRoom(tx, project, subject)
    await putGrant(tx, { projectId: project.id, pattern, subject, allows }, now)
  })
}

/** Everything that decides is looked at for each decision, so there is an end to it. */
const MAX_GRANTS = 2000
const MAX_GRANTS_OF_ONE = 50

async function requireRoom(tx: Transaction, project: Project, subject: string): Promise<void> {
  const grants = await listGrants(tx, project.id)
  if (grants.length >= MAX_GRANTS)
    throw new Problem('conflict', `a project has at most ${MAX_GRANTS} grants; use groups`)
  if (grants.filter((grant) => grant.subject === subject).length >= MAX_GRANTS_OF_ONE)
    throw new Problem('conflict', `one subject has at most ${MAX_GRANTS_OF_ONE} grants in a project; use patterns`)
}

/** @throws Problem */
export async function removeGrant(m: Management, by: By, project: Project, id: number): Promise<void> {
  const grants = await listGrants(m.database.reader, project.id)
  const grant = requireFound(
    grants.find((each) => each.id === id),
    `grant ${id} in the project ${project.name}`,
  )
  const { subject, allows, pattern } = grant
  const about = { action: 'grant.removed', target: `project:${project.name}`, detail: { subject, allows, pattern } }
  await change(m, by, about, (tx) => deleteGrant(tx, project.id, id))
}
