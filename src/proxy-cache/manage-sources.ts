import { type By, change, type Management, requireFound } from '../access/management.ts'
import { findProject } from '../access/project-store.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import type { SourceMode } from '../metadata/schema-remotes.ts'
import { findRemote } from '../remotes/store.ts'
import { DEFAULT_OPTIONS, type OptionsInput, parseNamespace, parseOptions, parsePrefix } from './source-input.ts'
import type { Source } from './source.ts'
import { deleteNamespace, deleteSource, insertSource, putNamespace, setPosition, updateSource } from './source-store.ts'
import { listNamespaces, listSources, type Namespace } from './store.ts'

/** Undefined: as it was, or the default. */
export interface SourceChange extends OptionsInput {
  readonly mode?: SourceMode | undefined
  /** Its place in the order in which they are asked, from 1; undefined: where it is, or the last. */
  readonly position?: number | undefined
}

export interface SourceInput extends SourceChange {
  readonly remote: string
  /** Undefined: of the whole registry, where it is a fallback. */
  readonly project?: string | undefined
  readonly prefix?: string | undefined
}

/** Each may be asked at every pull of what is not here. */
const MAX_SOURCES = 20

/** @throws Problem */
export async function addSource(m: Management, by: By, input: SourceInput): Promise<Source> {
  const mode = modeOf(input)
  const prefix = parsePrefix(input.prefix ?? '')
  const options = parseOptions(DEFAULT_OPTIONS, input)
  const detail = { remote: input.remote, prefix, mode, ...options }
  return change(m, by, { action: 'source.added', target: targetOf(input.project), detail }, async (tx) => {
    const projectId = input.project === undefined ? undefined : (await requireProject(tx, input.project)).id
    const remote = requireFound(
      await findRemote(tx, input.remote),
      `remote "${input.remote.slice(0, 300)}"; add it first: berth remote add`,
    )
    const others = (await listSources(tx)).filter((source) => source.projectId === projectId)
    requireRoom(others, remote.id, prefix)
    const place = { projectId, position: others.length + 1, remoteId: remote.id, prefix }
    const id = await insertSource(tx, { ...place, mode, options, createdAt: m.clock.now() })
    if (input.position !== undefined) await moveTo(tx, id, input.position)
    return requireSource(await listSources(tx), id)
  })
}

/** Where it leads stays as it is: what was pulled through it is from there. @throws Problem */
export async function changeSource(m: Management, by: By, id: number, input: SourceChange): Promise<Source> {
  const before = requireSource(await listSources(m.database.reader), id)
  const { position } = input
  const detail = { source: id, ...merge(before, input), ...(position === undefined ? {} : { position }) }
  return change(m, by, { action: 'source.changed', target: targetOf(before.project), detail }, async (tx) => {
    await updateSource(tx, id, merge(requireSource(await listSources(tx), id), input))
    if (position !== undefined) await moveTo(tx, id, position)
    return requireSource(await listSources(tx), id)
  })
}

/** What was pulled through it stays. @throws Problem */
export async function removeSource(m: Management, by: By, id: number): Promise<Source> {
  const { remote, prefix, project } = requireSource(await listSources(m.database.reader), id)
  const about = { action: 'source.removed', target: targetOf(project), detail: { source: id, remote, prefix } }
  return change(m, by, about, async (tx) => {
    const all = await listSources(tx)
    const source = requireSource(all, id)
    await deleteSource(tx, id)
    await renumber(tx, besides(all, source))
    return source
  })
}

export interface NamespaceInput {
  readonly project: string
  /** Names that belong to no project mean it too; undefined: as it was. */
  readonly isDefault?: boolean | undefined
}

/** `?ns=` of that name means the project from now on. @throws Problem */
export async function setNamespace(
  m: Management,
  by: By,
  text: string,
  { project, isDefault: wanted }: NamespaceInput,
): Promise<Namespace> {
  const name = parseNamespace(text)
  const detail = { project, ...(wanted === undefined ? {} : { default: wanted }) }
  return change(m, by, { action: 'namespace.set', target: `namespace:${name}`, detail }, async (tx) => {
    const { id } = await requireProject(tx, project)
    const before = (await listNamespaces(tx)).find((each) => each.name === name)
    const isDefault = wanted ?? before?.isDefault ?? false
    await putNamespace(tx, { name, projectId: id, isDefault })
    return { name, project, isDefault }
  })
}

/** Its project and what is in it stay. @throws Problem */
export async function removeNamespace(m: Management, by: By, name: string): Promise<void> {
  await change(m, by, { action: 'namespace.removed', target: `namespace:${name.slice(0, 300)}` }, async (tx) => {
    requireNamespace(await listNamespaces(tx), name)
    await deleteNamespace(tx, name)
  })
}

/** @throws Problem */
export function requireSource(sources: readonly Source[], id: number): Source {
  return requireFound(
    sources.find((source) => source.id === id),
    `source ${id}`,
  )
}

/** @throws Problem */
export function requireNamespace(namespaces: readonly Namespace[], name: string): Namespace {
  return requireFound(
    namespaces.find((namespace) => namespace.name === name),
    `namespace "${name.slice(0, 300)}"`,
  )
}

async function requireProject(tx: Transaction, name: string): Promise<{ readonly id: number }> {
  return requireFound(await findProject(tx, name), `project "${name.slice(0, 300)}"`)
}

/** What a push to any repository made must not be hidden by what another registry has under that name. */
function modeOf({ project, mode }: Pick<SourceInput, 'project' | 'mode'>): SourceMode {
  if (project !== undefined) return mode ?? 'cache'
  if (mode === 'cache') throw new Problem('invalid', ONLY_FALLBACK)
  return 'fallback'
}

const ONLY_FALLBACK =
  'a source of the whole registry is a fallback, asked only for what is not here; a cache is a source of a project'

function merge({ options, ...before }: Source, input: SourceChange): Pick<Source, 'mode' | 'options'> {
  return { mode: modeOf({ ...before, mode: input.mode ?? before.mode }), options: parseOptions(options, input) }
}

function requireRoom(others: readonly Source[], remoteId: number, prefix: string): void {
  const same = others.find((source) => source.remoteId === remoteId && source.prefix === prefix)
  if (same !== undefined) throw new Problem('conflict', `source ${same.id} leads there already`)
  if (others.length >= MAX_SOURCES)
    throw new Problem('conflict', `there are at most ${MAX_SOURCES} sources of a project`)
}

/** The others make room. Beyond the last is the last. */
async function moveTo(tx: Transaction, id: number, position: number): Promise<void> {
  const all = await listSources(tx)
  const moved = requireSource(all, id)
  const order = besides(all, moved)
  order.splice(position - 1, 0, moved)
  await renumber(tx, order)
}

async function renumber(tx: Transaction, order: readonly Source[]): Promise<void> {
  for (const [index, source] of order.entries())
    if (source.position !== index + 1) await setPosition(tx, source.id, index + 1)
}

/** The others of the same project. */
function besides(all: readonly Source[], { id, projectId }: Source): Source[] {
  return all.filter((source) => source.projectId === projectId && source.id !== id)
}

function targetOf(project: string | undefined): string {
  return project === undefined ? 'registry' : `project:${project.slice(0, 300)}`
}
