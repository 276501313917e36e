import type { FetchResponse, MaybeOptionalInit } from 'openapi-fetch'
import type { PathsWithMethod, RequiredKeysOf } from 'openapi-typescript-helpers'
import { api, bodyOf, type paths } from './client.ts'

type GetPath = PathsWithMethod<paths, 'get'>
type Init<Path extends GetPath> = MaybeOptionalInit<paths[Path], 'get'>
type Given<Asked> = RequiredKeysOf<Asked> extends never ? [Asked?] : [Asked]
/** What is answered. */
export type Body<Path extends GetPath> = NonNullable<
  FetchResponse<paths[Path]['get'], Record<string, never>, 'application/json'>['data']
>
export type ItemOf<Path extends GetPath> = Body<Path> extends { items: readonly (infer Item)[] } ? Item : never

interface Question<Answer> {
  readonly queryKey: readonly unknown[]
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<Answer>
}

/** For useQuery: `useQuery(read('/projects/{project}', { params: { path: { project } } }))`. */
export function read<Path extends GetPath>(path: Path, ...[init]: Given<Init<Path>>): Question<Body<Path>> {
  return {
    queryKey: [path, init?.params],
    queryFn: ({ signal }) => ask<Path>(path, { ...init, signal }),
  }
}

export interface Pages<Item> {
  readonly queryKey: readonly unknown[]
  readonly pageOf: (after: string, signal: AbortSignal) => Promise<PageOf<Item>>
}

export interface PageOf<Item> {
  readonly items: readonly Item[]
  readonly next?: string | undefined
  readonly total?: number | undefined
}

const PAGE_SIZE = 200

/** For a List: the same, page by page. */
export function readPages<Path extends GetPath>(path: Path, ...[init]: Given<Init<Path>>): Pages<ItemOf<Path>> {
  return pagesOf<Path>(path, init, 'after')
}

/** The same for what goes back in time. */
export function readPagesBack<Path extends GetPath>(path: Path, ...[init]: Given<Init<Path>>): Pages<ItemOf<Path>> {
  return pagesOf<Path>(path, init, 'before')
}

function pagesOf<Path extends GetPath>(
  path: Path,
  init: Init<Path> | undefined,
  cursor: 'after' | 'before',
): Pages<ItemOf<Path>> {
  const params = init?.params as { readonly path?: object; readonly query?: object } | undefined
  return {
    queryKey: [path, 'pages', params],
    pageOf: async (from, signal) => {
      const query = { limit: PAGE_SIZE, ...params?.query, ...(from && { [cursor]: from }) }
      const page = await ask<Path>(path, { ...init, params: { ...params, query }, signal })
      const { next, ...rest } = page as Omit<PageOf<ItemOf<Path>>, 'next'> & { readonly next?: string | number }
      return { ...rest, next: next?.toString() }
    },
  }
}

/** For a List: what came whole. The key names this very choice of items. */
export function pagesOfAll<Item>(queryKey: readonly unknown[], items: readonly Item[]): Pages<Item> {
  return { queryKey, pageOf: () => Promise.resolve({ items, total: items.length }) }
}

function ask<Path extends GetPath>(path: Path, init: object): Promise<Body<Path>> {
  // The types of path and init were matched by whoever called; for a path that is not known yet they cannot be.
  const get = api.GET as unknown as (path: Path, init: object) => Promise<{ data?: Body<Path>; response: Response }>
  return bodyOf(get(path, init))
}
