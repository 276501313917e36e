import type { AccessCache } from '../access/access-cache.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { prefixesOf } from '../access/project-store.ts'
import type { Access } from '../access/access.ts'
import { Lru } from '../lib/lru.ts'
import { hasComeRound } from '../lib/via.ts'
import type { RepositoryName } from '../oci/name.ts'
import { placeAt, type Source, type SourceAt } from './source.ts'
import { listNamespaces, listSources, type Namespace } from './store.ts'

/** Everything that was said of sources, by project. */
export interface Settings {
  /** Empty: nothing comes from anywhere. */
  readonly isEmpty: boolean
  readonly byProject: ReadonlyMap<string, readonly Source[]>
  readonly ofRegistry: readonly Source[]
  readonly namespaces: ReadonlyMap<string, Namespace>
  readonly defaultProject: string | undefined
}

/** What is set, remembered until it changes in any process: changes of it count as changes of rights. */
export class SourceSettings {
  readonly #cache: AccessCache
  readonly #access: Access
  /** What came out for the latest settings: they are others after every change of projects, too. */
  #found: { readonly settings: Settings | undefined; readonly places: Lru<string, readonly SourceAt[]> } = {
    settings: undefined,
    places: new Lru(REMEMBERED),
  }

  constructor(cache: AccessCache, access: Access) {
    this.#cache = cache
    this.#access = access
  }

  current(): MaybePromise<Settings> {
    return this.#cache.remember('sources', async (executor) =>
      toSettings(await listSources(executor), await listNamespaces(executor)),
    )
  }

  /** At once: true also where it is not known yet. */
  mayHaveSources(): boolean {
    const settings = this.current()
    if (!(settings instanceof Promise)) return !settings.isEmpty
    settings.catch(() => undefined)
    return true
  }

  /** The sources of a repository: its project's in their order, then the registry's. None for what they ask us themselves. */
  sourcesOf(name: RepositoryName): MaybePromise<readonly SourceAt[]> {
    if (hasComeRound()) return NONE
    const settings = this.current()
    if (settings instanceof Promise) return settings.then((loaded) => this.#sourcesIn(loaded, name))
    return this.#sourcesIn(settings, name)
  }

  #sourcesIn(settings: Settings, name: RepositoryName): MaybePromise<readonly SourceAt[]> {
    if (settings.isEmpty) return NONE
    if (this.#found.settings !== settings) this.#found = { settings, places: new Lru(REMEMBERED) }
    const { places: remembered } = this.#found
    const known = remembered.get(name)
    if (known !== undefined) return known
    const found = this.#findIn(settings, name)
    const remember = (of: readonly SourceAt[]) => {
      remembered.set(name, of)
      return of
    }
    return found instanceof Promise ? found.then(remember) : remember(found)
  }

  #findIn(settings: Settings, name: RepositoryName): MaybePromise<readonly SourceAt[]> {
    const mayBelong = prefixesOf(name).some((prefix) => settings.byProject.has(prefix))
    if (!mayBelong) return places(settings.ofRegistry, name)
    const project = this.#access.projectOf(name)
    const find = (of: string | undefined) =>
      places([...((of !== undefined && settings.byProject.get(of)) || []), ...settings.ofRegistry], name)
    return project instanceof Promise ? project.then((found) => find(found?.name)) : find(project?.name)
  }
}

const NONE: readonly SourceAt[] = []
const REMEMBERED = 10_000

function places(sources: readonly Source[], name: RepositoryName): readonly SourceAt[] {
  return sources.length === 0 ? NONE : sources.flatMap((source) => placeAt(source, name) ?? [])
}

function toSettings(sources: readonly Source[], namespaces: readonly Namespace[]): Settings {
  const byProject = new Map<string, Source[]>()
  for (const source of sources)
    if (source.project !== undefined) byProject.set(source.project, [...(byProject.get(source.project) ?? []), source])
  return {
    isEmpty: sources.length === 0,
    byProject,
    ofRegistry: sources.filter(({ project }) => project === undefined),
    namespaces: new Map(namespaces.map((each) => [each.name, each])),
    defaultProject: namespaces.find(({ isDefault }) => isDefault)?.project,
  }
}
