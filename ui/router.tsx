import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { Empty } from './kit/empty.tsx'
import { Failure } from './kit/failure.tsx'
import { ProjectsPage } from './projects/projects-page.tsx'
import { Shell } from './shell/shell.tsx'

/** What may stand behind the question mark of an address: words, judged where they are used. */
export interface Words {
  readonly q?: string
  readonly tab?: string
  readonly ref?: string
  readonly with?: string
  readonly path?: string
  readonly layer?: string
  readonly platform?: string
  readonly sort?: string
}
const WORDS = ['q', 'tab', 'ref', 'with', 'path', 'layer', 'platform', 'sort'] as const

function wordsOf(search: Record<string, unknown>): Words {
  return Object.fromEntries(WORDS.flatMap((word) => (search[word] === undefined ? [] : [[word, String(search[word])]])))
}

const root = createRootRoute({
  component: Shell,
  validateSearch: wordsOf,
  notFoundComponent: () => <Empty title="There is no such page." />,
  errorComponent: ({ error }: { readonly error: unknown }) => (
    <Failure error={error instanceof Error ? error : new Error(String(error))} />
  ),
})

/** Pages come when they are first looked at; names in addresses may have slashes. src/http/ui.ts knows these addresses too. */
const routeTree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: '/', component: ProjectsPage }),
  createRoute({
    getParentRoute: () => root,
    path: '/p/$',
    component: lazyRouteComponent(() => import('./projects/project-page.tsx'), 'ProjectPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/r/$',
    component: lazyRouteComponent(() => import('./repository/repository-page.tsx'), 'RepositoryPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/i/$',
    component: lazyRouteComponent(() => import('./image/image-page.tsx'), 'ImagePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/compare/$',
    component: lazyRouteComponent(() => import('./compare/compare-page.tsx'), 'ComparePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/search',
    component: lazyRouteComponent(() => import('./search/search-page.tsx'), 'SearchPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/me',
    component: lazyRouteComponent(() => import('./account/account-page.tsx'), 'AccountPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/$',
    component: lazyRouteComponent(() => import('./admin/admin-page.tsx'), 'AdminPage'),
  }),
])

// Words stay words: the default would make a number of the tag "1.20".
const router = createRouter({
  routeTree,
  scrollRestoration: true,
  defaultPreload: 'intent',
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const said = Object.entries(search).filter(([, value]) => typeof value === 'string' && value !== '')
    const text = new URLSearchParams(said as [string, string][]).toString()
    return text === '' ? '' : `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

export { router }
