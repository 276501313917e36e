import { type By, change, type Management } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { parseRepositorySelector } from '../access/repository-selector.ts'
import { Problem } from '../lib/problem.ts'
import {
  deleteException,
  deleteVex,
  type Exception,
  insertException,
  insertVex,
  listExceptions,
  listVex,
  type StoredVex,
} from './exception-store.ts'
import { MAX_VEX_BYTES, parseVex } from './vex.ts'

export interface ExceptionInput {
  readonly vulnerability: string
  readonly package?: string | undefined
  readonly repositories?: string | undefined
  readonly reason: string
  readonly expiresAt: Date
}

const MAX_EXCEPTIONS = 1000
const MAX_DOCUMENTS = 50
const YEAR_MS = 366 * 86_400_000
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{2,99}$/

/** @throws Problem */
export async function addException(m: Management, by: By, project: Project, input: ExceptionInput): Promise<Exception> {
  const now = m.clock.now()
  if (!NAME.test(input.vulnerability))
    throw new Problem('invalid', 'name the vulnerability as findings do, for example CVE-2024-3094')
  if (input.reason.trim() === '') throw new Problem('invalid', 'say why the finding is none ("reason")')
  if (input.expiresAt <= now || input.expiresAt.getTime() > now.getTime() + YEAR_MS)
    throw new Problem('invalid', 'an exception ends within a year from now: somebody should look at it again')
  const exception = {
    ...{ vulnerability: input.vulnerability, package: input.package ?? '', reason: input.reason.trim() },
    repositories: parseRepositorySelector(input.repositories ?? ''),
    ...{ expiresAt: input.expiresAt, createdBy: by.actor.name, createdAt: now },
  }
  const about = { action: 'exception.added', target: `project:${project.name}`, detail: { ...exception } }
  return change(m, by, about, async (tx) => {
    if ((await listExceptions(tx, project.id)).length >= MAX_EXCEPTIONS)
      throw new Problem('conflict', `a project has at most ${MAX_EXCEPTIONS} exceptions; remove those that have ended`)
    return { ...exception, id: await insertException(tx, { ...exception, projectId: project.id }) }
  })
}

/** @throws Problem */
export async function removeException(m: Management, by: By, project: Project, id: number): Promise<void> {
  const about = { action: 'exception.removed', target: `project:${project.name}`, detail: { exception: id } }
  await change(m, by, about, async (tx) => {
    if (!(await deleteException(tx, project.id, id)))
      throw new Problem('not-found', `there is no exception ${id} in the project ${project.name}`)
  })
}

/** @throws Problem */
export async function addVex(
  m: Management,
  by: By,
  project: Project,
  { content, repositories = '' }: { readonly content: string; readonly repositories?: string | undefined },
): Promise<StoredVex> {
  if (Buffer.byteLength(content) > MAX_VEX_BYTES)
    throw new Problem('invalid', `a VEX document has at most ${MAX_VEX_BYTES} bytes here`)
  const statements = parseVex(content)
  const document = {
    ...{ content, repositories: parseRepositorySelector(repositories) },
    ...{ createdBy: by.actor.name, createdAt: m.clock.now() },
  }
  const detail = { repositories: document.repositories, statements: statements.length }
  return change(m, by, { action: 'vex.added', target: `project:${project.name}`, detail }, async (tx) => {
    if ((await listVex(tx, project.id)).length >= MAX_DOCUMENTS)
      throw new Problem('conflict', `a project has at most ${MAX_DOCUMENTS} VEX documents`)
    return { ...document, id: await insertVex(tx, { ...document, projectId: project.id }) }
  })
}

/** @throws Problem */
export async function removeVex(m: Management, by: By, project: Project, id: number): Promise<void> {
  const about = { action: 'vex.removed', target: `project:${project.name}`, detail: { document: id } }
  await change(m, by, about, async (tx) => {
    if (!(await deleteVex(tx, project.id, id)))
      throw new Problem('not-found', `there is no VEX document ${id} in the project ${project.name}`)
  })
}
