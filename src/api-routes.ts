import type { Contents } from './contents.ts'
import type { ApiRoute } from './http/api/api-route.ts'
import type { OpenRemotes } from './remotes/open-remotes.ts'
import type { ServerFacts } from './system/facts.ts'
import { sourceOf } from './webhooks/source.ts'

/** What rows of the admin API work with, besides what every call brings. */
interface ApiRouteParts {
  readonly remotes: OpenRemotes
  readonly contents: Contents
  /** Whether the server is about to end: streams do too. */
  readonly isStopping: () => boolean
  readonly facts: ServerFacts
}

/** The whole table of the admin API: its own rows, and those that features bring. Without parts it can only be read. */
export async function apiRoutes(parts?: ApiRouteParts): Promise<readonly ApiRoute[]> {
  const given = () => {
    if (parts === undefined) throw new Error('these rows were made to be read, not to be called')
    return parts
  }
  const rows = await Promise.all([
    import('./http/api/routes.ts').then(({ CORE_API_ROUTES }) => CORE_API_ROUTES),
    import('./audit/routes.ts').then(({ auditRoutes }) => auditRoutes),
    import('./gc/routes.ts').then(({ gcRoutes }) => gcRoutes),
    import('./history/routes.ts').then(({ historyRoutes }) => historyRoutes),
    import('./retention/routes.ts').then(({ retentionRoutes }) => retentionRoutes),
    import('./immutability/routes.ts').then(({ immutabilityRoutes }) => immutabilityRoutes),
    import('./protection/routes.ts').then(({ protectionRoutes }) => protectionRoutes),
    import('./quota/routes.ts').then(({ quotaRoutes }) => quotaRoutes()),
    import('./adopt/routes.ts').then(({ adoptRoutes }) => adoptRoutes),
    import('./scrub/routes.ts').then(({ scrubRoutes }) => scrubRoutes),
    import('./replicas/routes.ts').then(({ replicaRoutes }) => replicaRoutes),
    import('./remotes/routes.ts').then(({ remoteRoutes }) => remoteRoutes(() => given().remotes)),
    import('./proxy-cache/routes.ts').then(({ sourceRoutes }) => sourceRoutes),
    import('./replication/routes.ts').then(({ replicationRoutes }) => replicationRoutes),
    import('./scanning/routes.ts').then(({ scanningRoutes }) => scanningRoutes(() => given().contents.scanning)),
    import('./inside/routes.ts').then(({ insideRoutes }) => insideRoutes(() => given().contents.scanning.config)),
    import('./signing/routes.ts').then(({ signingRoutes }) => signingRoutes),
    import('./webhooks/routes.ts').then(({ webhookRoutes }) =>
      webhookRoutes(() => ({ secrets: given().remotes.secrets, source: sourceOf(given().contents.scanning.config) })),
    ),
    import('./webhooks/feed-routes.ts').then(({ feedRoutes }) => feedRoutes(() => given().isStopping())),
    import('./system/routes.ts').then(({ systemRoutes }) => systemRoutes(() => given().facts)),
    import('./search/routes.ts').then(({ searchRoutes }) => searchRoutes),
    import('./policy/routes.ts').then(({ policyRoutes }) => policyRoutes(() => given().contents.policy)),
  ])
  return rows.flat()
}
