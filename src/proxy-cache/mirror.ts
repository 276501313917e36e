import { createProject, parseProjectName, setVisibility } from '../access/manage-projects.ts'
import type { By } from '../access/management.ts'
import { findProject } from '../access/project-store.ts'
import { Problem } from '../lib/problem.ts'
import type { Executor } from '../metadata/db.ts'
import { createRemote, type RemoteManagement } from '../remotes/manage-remotes.ts'
import { findPreset } from '../remotes/presets.ts'
import { findRemote } from '../remotes/store.ts'
import { addSource, setNamespace } from './manage-sources.ts'
import { parseNamespace } from './source-input.ts'
import { listNamespaces, listSources, type Namespace } from './store.ts'

export interface MirrorInput {
  /** What images begin with: `docker.io`. */
  readonly namespace: string
  /** Undefined: named like the namespace. */
  readonly project?: string | undefined
  readonly remote?: string | undefined
  /** Undefined: as it is; a new one as the registry is. */
  readonly public?: boolean | undefined
  readonly isDefault?: boolean | undefined
}

/** A namespace with what it leads to. */
export interface Mirror extends Namespace {
  readonly isPublic: boolean
  /** Names of remotes, in the order in which they are asked. */
  readonly remotes: readonly string[]
}

/**
 * Stands in for another registry: makes what is missing of a remote, a project, a source and a namespace, and says what
 * that was. Each is a change of its own; after one that failed the same again goes on. @throws Problem
 */
export async function addMirror(parts: RemoteManagement, by: By, input: MirrorInput): Promise<string[]> {
  const { m } = parts
  const namespace = parseNamespace(input.namespace)
  const project = parseProject(input.project ?? namespace)
  const remote = input.remote ?? namespace
  const made = await ensureRemote(parts, by, remote)
  made.push(...(await ensureProject(parts, by, project, input.public)))
  const sources = await listSources(m.database.reader)
  if (!sources.some((source) => source.project === project && source.remote === remote)) {
    await addSource(m, by, { project, remote })
    made.push(`a source: ${project} gets from ${remote} what it does not have`)
  }
  await setNamespace(m, by, namespace, { project, isDefault: input.isDefault })
  return made
}

export async function listMirrors(executor: Executor): Promise<Mirror[]> {
  const sources = await listSources(executor)
  const mirrors: Mirror[] = []
  for (const namespace of await listNamespaces(executor)) {
    const isPublic = (await findProject(executor, namespace.project))?.public ?? false
    const remotes = sources.filter(({ project }) => project === namespace.project).map(({ remote }) => remote)
    mirrors.push({ ...namespace, isPublic, remotes })
  }
  return mirrors
}

function parseProject(name: string): string {
  try {
    return parseProjectName(name)
  } catch (error) {
    if (name.includes(':'))
      throw new Problem('invalid', `"${name}" cannot be the name of a project: say --project NAME`)
    throw error
  }
}

async function ensureRemote(parts: RemoteManagement, by: By, name: string): Promise<string[]> {
  if ((await findRemote(parts.m.database.reader, name)) !== undefined) return []
  if (findPreset(name) === undefined)
    throw new Problem(
      'not-found',
      `there is no remote "${name.slice(0, 300)}"; add it first ("berth remote add NAME URL"), and say --remote NAME where it has another name`,
    )
  const { url } = await createRemote(parts, by, { name })
  return [`the remote ${name}: ${url}`]
}

async function ensureProject(
  { m }: RemoteManagement,
  by: By,
  name: string,
  isPublic: boolean | undefined,
): Promise<string[]> {
  const found = await findProject(m.database.reader, name)
  if (found === undefined) {
    const made = await createProject(m, by, { name, public: isPublic })
    return [`the ${made.public ? 'public' : 'private'} project ${name}`]
  }
  if (isPublic === undefined || found.public === isPublic) return []
  await setVisibility(m, by, found, isPublic)
  return [`the project ${name} ${isPublic ? 'public' : 'private'}`]
}
