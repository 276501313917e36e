import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import type { AnonymousAccess } from './access/authorizer.ts'
import type { AuditJobParts } from './audit/jobs.ts'
import { createPushedProject } from './access/manage-projects.ts'
import { createRights } from './access/rights.ts'
import { hostRule } from './access/anonymous.ts'
import type { Management } from './access/management.ts'
import { scannerAuthorization } from './auth/scanner-account.ts'
import { OWN_TERMINAL } from './auth/refresh-tokens.ts'
import { createSigningIn } from './auth/signing-in.ts'
import { createRecorder } from './audit/recorder.ts'
import { limitRefusals } from './audit/refusal-limit.ts'
import { DEVICE_GRANT } from './auth/device-codes.ts'
import { environment } from './config/environment.ts'
import type { Origins } from './config/origins.ts'
import type { Config } from './config/schema.ts'
import { type Contents, createContents } from './contents.ts'
import { diskGuard } from './disk-guard/guard.ts'
import { immutabilityGuard } from './immutability/guard.ts'
import type { Evidence } from './policy/evidence.ts'
import { protectionGuard } from './protection/guard.ts'
import { quotaGuard } from './quota/guard.ts'
import { replicationWhenNeeded } from './replication/when-needed.ts'
import { recountAbove } from './quota/manage-quotas.ts'
import { apiRoutes } from './api-routes.ts'
import { deviceGrant } from './http/device-grant.ts'
import { blobRedirects } from './http/blob-redirects.ts'
import { ociRoutes } from './http/oci-routes.ts'
import { type Connection, createPipeline } from './http/pipeline.ts'
import { plainRoutes, type Subtree } from './http/plain-routes.ts'
import { EXCHANGE_GRANT, workloadGrant } from './http/workload-grant.ts'
import { createRequestLimits } from './http/rate-limit.ts'
import { uiSubtrees } from './http/ui.ts'
import type { Recorder } from './events/recorder.ts'
import type { Job } from './jobs/job.ts'
import type { Clock } from './lib/clock.ts'
import { endStandingProcesses } from './lib/standing.ts'
import { randomId } from './lib/ids.ts'
import { once } from './lib/once.ts'
import { onItsWay } from './lib/via.ts'
import { parseNetworks } from './lib/networks.ts'
import { readUiBundle } from './lib/ui-bundle.ts'
import { VERSION } from './lib/version.ts'
import type { Database } from './metadata/db.ts'
import { RowCache } from './metadata/row-cache.ts'
import { openDatabase } from './metadata/open.ts'
import { tracedDatabase } from './metadata/traced-database.ts'
import { createHealth, type Health } from './observability/health.ts'
import type { Log } from './observability/log.ts'
import { Metrics } from './observability/metrics.ts'
import { traced } from './observability/traced.ts'
import type { Tracing } from './observability/tracing.ts'
import { onDamageOf } from './registry/damage.ts'
import { ContentCache } from './registry/content-cache.ts'
import type { ContentSource } from './registry/content-source.ts'
import { ImagePlatforms } from './registry/image-platforms.ts'
import type { Guard } from './registry/operation.ts'
import type { Keeping } from './registry/keeping.ts'
import { PullNotes } from './registry/pull-notes.ts'
import { purgeUploads } from './registry/recover-uploads.ts'
import type { Registry } from './registry/registry.ts'
import { RunningHashes } from './registry/running-hashes.ts'
import { createRemotes, type OpenRemotes, secretsOf } from './remotes/open-remotes.ts'
import { openTrees } from './storage/adopted/open-trees.ts'
import type { BlobStore } from './storage/blob-store.ts'
import type { ScanJobParts } from './scanning/jobs.ts'
import { openStore } from './storage/open.ts'
import { openSpool, type Spool } from './storage/spool.ts'
import { tracedStore } from './storage/traced-store.ts'
import { createLocator } from './proxy-cache/locate.ts'
import { ownTagsListener } from './proxy-cache/own-tags.ts'
import { proxyCacheWhenNeeded } from './proxy-cache/when-needed.ts'
import { SourceSettings } from './proxy-cache/settings.ts'
import type { ServerFacts } from './system/facts.ts'
import type { DeliveryParts } from './webhooks/deliver.ts'
import { sourceOf } from './webhooks/source.ts'

export interface AppOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  /** Names this process among all that ever worked on this data. */
  readonly instance: string
  /** When the server was started, of which this may be one worker; by default now. */
  readonly startedAt?: Date
  /** Where the configuration is from. */
  readonly origins?: Origins
  readonly guards?: readonly Guard[]
  /** What policy judges by, instead of what is found here. */
  readonly evidence?: Partial<Evidence> | undefined
  /** The text of /metrics; by default this process's own. */
  readonly metricsText?: (metrics: Metrics) => Promise<string>
  /** Called when nothing more can be made durable: the process should end. */
  readonly onBroken: (error: Error) => void
}

/** The whole registry, put together. Only this file knows every part. */
export interface App {
  readonly fetch: (request: Request, connection: Connection) => Promise<Response>
  /** Loaded when asked for: workers have none, and a start need not wait for them. */
  readonly jobs: () => Promise<readonly Job[]>
  readonly health: Health
  readonly metrics: Metrics
  /** Undefined: no traces are made. */
  readonly tracing: Tracing | undefined
  readonly database: Database
  readonly registry: Registry
  readonly management: Management
  readonly remotes: OpenRemotes
  /** What may be done without signing in, right now. */
  readonly anonymousAccess: () => Promise<AnonymousAccess>
  close(): Promise<void>
}

/** What features do when repositories change their project. */
const PROJECT_LISTENERS = [recountAbove]

/** Whoever asks these wants to know how the server is, also without its database. */
const WITHOUT_DATABASE: ReadonlySet<string> = new Set(['healthz', 'readyz', 'metrics'])

const AUTHENTICATE = { name: 'authenticate' }

/** About 5 MB of each kind. */
const REMEMBERED_ROWS = 20_000

export async function createApp(options: AppOptions): Promise<App> {
  const { config, clock, log, instance } = options
  const metrics = new Metrics()
  const tracing = await openTraces(options, metrics)
  const store = await openStore({
    ...{ ...config, environment },
    onRequest: (operation) => metrics.addStorageRequest(operation),
  })
  const blobs = tracing === undefined ? store : tracedStore(store)
  const opened = await openDatabase(config, {
    ...{ clock, onBroken: options.onBroken, checkpointThread: true },
    outageMs: config.outage.serveCached,
    self: bootOf(instance),
  })
  const database = tracing === undefined ? opened : tracedDatabase(opened)
  const health = createHealth(database, blobs)
  const recorder = limitRefusals(createRecorder({ database, clock, log }), clock)
  const via = randomId()
  const remotes = createRemotes({ database, clock, config, log, instance, via })
  const { guards } = options
  const rights = createRights({ config, database, recorder, clock, onProjectsChanged: PROJECT_LISTENERS })
  const { anonymousAccess, authorizer, management } = rights
  const contents = createContents({
    ...{ config, database, clock, log, recorder, rights, evidence: options.evidence, secrets: remotes.secrets },
    registry: () => registry,
  })
  const settings = new SourceSettings(rights.cache, rights.access)
  const sources: ContentSource[] = []
  const registry: Registry = createRegistry({
    ...{ config, database, clock, log, recorder, instance, blobs, metrics, guards, sources, contents },
    mayHaveSources: () => settings.mayHaveSources(),
  })
  sources.push(...(await adoptedSources(config, registry)))
  sources.push(proxyCacheWhenNeeded({ ...{ registry, settings, remotes, metrics, log }, openSpool: spoolFor(config) }))
  const signingIn = await createSigningIn({ config, database, recorder, clock, log, rights })
  const { signIn, tokens, refreshTokens, sessions, devices } = signingIn
  const authenticator =
    tracing === undefined ? signingIn.authenticator : traced(signingIn.authenticator, { authenticate: AUTHENTICATE })
  const pages = lazySubtree('auth', '/auth/', async () => {
    const { authPages } = await import('./http/auth-pages.ts')
    return authPages({ ...signingIn, accounts: rights.accounts, database, recorder, clock })
  })
  const metricsText = options.metricsText ?? (() => metrics.text())
  const limits = createRequestLimits(config.rateLimit, clock)
  const facts: ServerFacts = {
    ...{ config, health, startedAt: options.startedAt ?? clock.now(), origins: options.origins ?? {} },
    boot: bootOf(instance),
    workers: workerCount(config),
  }
  const api = lazySubtree('api', '/api/', async () => {
    const { createApi } = await import('./http/api/api.ts')
    const routes = await apiRoutes({ remotes, contents, isStopping: () => health.isDraining, facts })
    return createApi({
      m: management,
      registry,
      authenticator,
      signIn,
      sessions,
      terminal: (secret) => refreshTokens.redeem(secret, OWN_TERMINAL),
      limits,
      recorder,
      routes,
      version: VERSION,
      isOpen: async () => (await anonymousAccess()) !== 'none',
    })
  })
  const scanner = lazySubtree('scanner', '/scanner/', async () => {
    const { scannerSubtree } = await import('./scanning/adapter/subtree.ts')
    return scannerSubtree({ config, database, clock, secrets: remotes.secrets, authenticator, authorizer, limits })
  })
  const docker = lazySubtree('docker-search', '/v1/', async () => {
    const [{ dockerSearch }, { sightsOf }] = await Promise.all([
      import('./search/docker-search.ts'),
      import('./search/routes.ts'),
    ])
    return dockerSearch({ authenticator, limits, sights: sightsOf(database, authorizer) })
  })

  const fetch = createPipeline({
    routes: ociRoutes(registry, authorizer, blobRedirects(config.redirect, blobs)),
    locate: createLocator({ settings, access: rights.access, database }),
    refresh: (handler) => (WITHOUT_DATABASE.has(handler) ? undefined : database.refresh()),
    plain: plainRoutes({
      health,
      authenticator,
      token: {
        authenticator,
        signIn,
        refreshTokens,
        tokens,
        grants: { [DEVICE_GRANT]: deviceGrant(devices), [EXCHANGE_GRANT]: workloadGrant(signIn) },
      },
      metricsText: () => metricsText(metrics),
      publicMetrics: config.metrics.public,
      loopbackIsLocal: config.externalUrl === undefined,
      subtrees: [
        ...uiSubtrees(readUiBundle),
        api,
        docker,
        pages,
        ...(config.scanning.adapter && config.scanning.enabled ? [scanner] : []),
      ],
    }),
    authenticator,
    door: { authorizer, createProject: (name, call) => createPushedProject(management, call, name) },
    recorder,
    limits,
    trustedProxies: parseNetworks(config.trustedProxies),
    isStale: () => database.away() !== undefined,
    isStopping: () => health.isDraining,
    isHostWelcome: hostRule(config, anonymousAccess),
    externalOrigin: config.externalUrl,
    ...{ log, metrics, tracing },
  })
  watchParts(metrics, registry)
  return {
    fetch: (request, connection) => onItsWay(via, request.headers.get('via'), () => fetch(request, connection)),
    tracing,
    jobs: async () => [
      purgeUploadsJob(registry, config, metrics),
      ...signingIn.jobs,
      ...(await auditJobsOf({ config, database, clock, log, recorder })),
      ...(await webhookJobsOf({ m: management, secrets: remotes.secrets, source: sourceOf(config), log })),
      ...(await featureJobs({
        ...{ config, registry, remotes, log, metrics, scanners: contents.scanning.scanners },
        authorize: (repository) => scannerAuthorization(tokens, repository),
      })),
      ...(await contents.jobs()),
    ],
    health,
    metrics,
    database,
    registry,
    management,
    remotes,
    anonymousAccess,
    close: async () => {
      endStandingProcesses()
      for (const source of sources) await source.close?.()
      await registry.pulls.flush()
      await remotes.close()
      // What waits is kept, and sealed by whoever comes next.
      await recorder.seal().catch(() => undefined)
      await database.close()
      await tracing?.close()
    },
  }
}

async function openTraces({ config, ...parts }: AppOptions, metrics: Metrics): Promise<Tracing | undefined> {
  const { endpoint, ...settings } = config.traces
  if (endpoint === undefined) return undefined
  const { openTracing } = await import('./traces/open-tracing.ts')
  return openTracing({ ...parts, metrics, settings: { ...settings, endpoint } })
}

/** Numbers that parts keep, for /metrics. */
function watchParts(metrics: Metrics, { database: { waits }, cache, heads, members, writing }: Registry): void {
  const { requests } = metrics
  metrics.watch(
    { name: 'berth_http_response_bytes_total', read: () => requests.sentBytes },
    { name: 'berth_http_received_bytes_total', read: () => requests.receivedBytes },
    { name: 'berth_uploads_running', read: () => writing.size },
    { name: 'berth_database_turns_total', read: () => waits.turns },
    { name: 'berth_database_wait_seconds_total', read: () => waits.seconds },
    { name: 'berth_database_waiting', read: () => waits.waiting },
  )
  for (const [value, each] of Object.entries({ content: cache, manifest: heads, blob: members }))
    metrics.watch(
      { name: 'berth_cache_hits_total', value, read: () => each.hits },
      { name: 'berth_cache_misses_total', value, read: () => each.misses },
    )
}

/** What cannot be read while it is stored lies there meanwhile, without a name; encrypted where blobs are. */
function spoolFor({ data, encryption }: Config): () => Spool {
  return () => openSpool(join(resolve(data), 'spool'), encryption !== undefined)
}

async function adoptedSources({ adopt }: Config, registry: Registry): Promise<ContentSource[]> {
  if (Object.keys(adopt).length === 0) return []
  const { AdoptedSource } = await import('./adopt/source.ts')
  return [new AdoptedSource(registry, await openTrees(adopt))]
}

/** Workers are named after the start of their server. */
function bootOf(instance: string): string {
  return instance.split('.')[0] ?? instance
}

/** Parts that most processes never need are loaded when somebody asks for them, so that a start need not wait. */
function lazySubtree(name: string, prefix: string, load: () => Promise<Subtree>): Subtree {
  const loaded = once(load)
  return { name, prefix, answer: async (call) => (await loaded()).answer(call) }
}

interface RegistryParts {
  readonly config: Config
  readonly database: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly log: Log
  readonly recorder: Recorder
  readonly instance: string
  readonly metrics?: Metrics
  readonly contents: Contents
  /** More than those that features bring. */
  readonly guards?: readonly Guard[] | undefined
  readonly sources?: readonly ContentSource[] | undefined
  /** Whether anything comes from upstreams at all. */
  readonly mayHaveSources?: () => boolean
  /** Instead of what the configuration says. */
  readonly keeping?: Keeping | undefined
}

function createRegistry(parts: RegistryParts): Registry {
  const { config, database, clock, recorder, instance, blobs, contents } = parts
  const isAway = () => database.away() !== undefined
  const outage = { isAway, graceMs: config.outage.serveCached }
  return {
    ...{ database, blobs, clock, recorder, instance },
    guards: [...featureGuards(parts), ...contents.guards, ...(parts.guards ?? [])],
    gates: contents.gates,
    listeners: [
      replicationWhenNeeded({ database, clock }),
      ownTagsListener(parts.mayHaveSources ?? (() => true)),
      ...contents.listeners,
    ],
    sources: parts.sources ?? [],
    hashes: new RunningHashes(),
    writing: new Map(),
    cache: new ContentCache(config.cache.memoryBytes),
    heads: new RowCache(() => database.version(), REMEMBERED_ROWS, outage),
    members: new RowCache(() => database.version(), REMEMBERED_ROWS, outage),
    platforms: new ImagePlatforms(),
    limits: {
      maxBlobBytes: config.limits.blobBytes,
      maxManifestBytes: config.limits.manifestBytes,
      allowSparse: config.content.sparse,
      uploadsPerPrincipal: config.uploads.perPrincipal,
      uploadsPerRepository: config.uploads.perRepository,
    },
    keeping: parts.keeping ?? keepingOf(config),
    pulls: new PullNotes(database, clock),
    ...onDamageOf(parts, () => parts.metrics?.add('berth_scrub_damaged_blobs_total')),
  }
}

/** What may refuse a change, whoever makes it: a client, the admin API, a command or a job. */
function featureGuards(parts: RegistryParts): Guard[] {
  return [diskGuard(parts), immutabilityGuard(parts), protectionGuard(parts), quotaGuard(parts)]
}

/** A registry for commands, beside the server or without one. */
export function createOfflineRegistry(
  parts: Pick<RegistryParts, 'config' | 'database' | 'blobs' | 'clock' | 'log' | 'keeping'>,
): {
  readonly registry: Registry
  readonly management: Management
  readonly contents: Contents
} {
  const { config, database, clock, log } = parts
  const recorder = createRecorder({ database, clock, log })
  const rights = createRights({ config, database, recorder, clock, onProjectsChanged: PROJECT_LISTENERS })
  const contents = createContents({
    ...{ config, database, clock, log, recorder, rights, secrets: secretsOf(config) },
    registry: () => registry,
  })
  const registry: Registry = createRegistry({ ...parts, recorder, contents, instance: `command-${randomId()}` })
  return { registry, management: rights.management, contents }
}

/** For commands. */
export function createManagement(config: Config, database: Database, clock: Clock, log: Log): Management {
  const recorder = createRecorder({ database, clock, log })
  return createRights({ config, database, recorder, clock, onProjectsChanged: PROJECT_LISTENERS }).management
}

interface JobParts extends Pick<ScanJobParts, 'scanners' | 'authorize'> {
  readonly config: Config
  readonly registry: Registry
  readonly remotes: OpenRemotes
  readonly log: Log
  readonly metrics: Metrics
}

async function featureJobs(parts: JobParts): Promise<Job[]> {
  const makers = await Promise.all([
    import('./gc/jobs.ts').then(({ gcJobs }) => gcJobs),
    import('./history/jobs.ts').then(({ historyJobs }) => historyJobs),
    import('./retention/jobs.ts').then(({ retentionJobs }) => retentionJobs),
    import('./quota/sample-usage.ts').then(({ usageJobs }) => usageJobs),
    import('./scrub/jobs.ts').then(({ scrubJobs }) => scrubJobs),
    import('./recovery/jobs.ts').then(({ recoveryJobs }) => recoveryJobs),
    import('./replication/jobs.ts').then(({ replicationJobs }) => replicationJobs),
    import('./scanning/jobs.ts').then(({ scanningJobs }) => scanningJobs),
  ])
  return makers.flatMap((jobsOf) => jobsOf(parts))
}

async function auditJobsOf(parts: AuditJobParts): Promise<Job[]> {
  const { auditJobs } = await import('./audit/jobs.ts')
  return auditJobs(parts)
}

async function webhookJobsOf(parts: DeliveryParts): Promise<Job[]> {
  const { webhookJobs } = await import('./webhooks/jobs.ts')
  return webhookJobs(parts)
}

function purgeUploadsJob(registry: Registry, config: Config, metrics: Metrics): Job {
  return {
    name: 'purge-uploads',
    about: 'Removes uploads that nobody went on with.',
    everyMs: 10 * 60 * 1000,
    run: async () =>
      metrics.add('registry_storage_uploads_purged_total', await purgeUploads(registry, config.uploads.expireAfter)),
  }
}

function keepingOf({ gc, recycleBin }: Config): Keeping {
  return {
    leaseMs: gc.lease,
    untaggedMs: gc.untagged === 'never' ? Number.POSITIVE_INFINITY : gc.untagged,
    binMs: recycleBin.keep,
    trashDelayMs: gc.trashDelay,
  }
}

/** How many processes serve. */
export function workerCount(config: Config): number {
  return config.workers === 'auto' ? availableParallelism() : config.workers
}
