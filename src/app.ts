import { availableParallelism, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { Access } from './access/access.ts'
import { AccessCache } from './access/access-cache.ts'
import { type AnonymousAccess, createAuthorizer } from './access/authorizer.ts'
import { createPushedProject } from './access/manage-projects.ts'
import type { Management } from './access/management.ts'
import { hasRepositoriesIn } from './access/project-store.ts'
import { auditHead } from './audit/head.ts'
import { createRecorder } from './audit/recorder.ts'
import { auditRetention } from './audit/retention.ts'
import { syslogExport } from './audit/syslog.ts'
import { Accounts } from './auth/accounts.ts'
import { createAuthenticator } from './auth/authenticator.ts'
import { DEVICE_GRANT, DeviceCodes } from './auth/device-codes.ts'
import { FailedSignIns } from './auth/failed-sign-ins.ts'
import { htpasswdFile } from './auth/htpasswd.ts'
import type { IdentityProvider } from './auth/identity-provider.ts'
import { KeyUse } from './auth/key-use.ts'
import { ldapProvider } from './auth/ldap.ts'
import { localUsers } from './auth/local-users.ts'
import { oidcProvider } from './auth/oidc.ts'
import { removeExpiredAttempts } from './auth/oidc-attempt-store.ts'
import { PasswordCheck } from './auth/password-check.ts'
import { People } from './auth/people.ts'
import { RefreshTokens } from './auth/refresh-tokens.ts'
import { remembering } from './auth/remembering.ts'
import { SignIn } from './auth/sign-in.ts'
import { rotateTokenKeysJob, TokenKeys } from './auth/token-keys.ts'
import { TokenService } from './auth/token-service.ts'
import { hasUsers } from './auth/user-store.ts'
import { WebSessions } from './auth/web-sessions.ts'
import { createWorkloadIssuers } from './auth/workload.ts'
import { matchesRule } from './auth/workload-rule.ts'
import { Workloads } from './auth/workloads.ts'
import type { Config } from './config/schema.ts'
import type { Recorder } from './events/recorder.ts'
import type { ApiRoute } from './http/api/api-route.ts'
import { deviceGrant } from './http/auth-device.ts'
import { authPages } from './http/auth-pages.ts'
import { ociRoutes } from './http/oci-routes.ts'
import { type Connection, createPipeline } from './http/pipeline.ts'
import { plainRoutes, type Subtree } from './http/plain-routes.ts'
import { EXCHANGE_GRANT, workloadGrant } from './http/workload-grant.ts'
import { createRequestLimits } from './http/rate-limit.ts'
import type { Job } from './jobs/job.ts'
import { isLoopback } from './lib/addresses.ts'
import type { Clock } from './lib/clock.ts'
import { parseNetworks } from './lib/networks.ts'
import { VERSION } from './lib/version.ts'
import type { Database } from './metadata/db.ts'
import { RowCache } from './metadata/row-cache.ts'
import { openSqlite } from './metadata/sqlite.ts'
import { createHealth, type Health } from './observability/health.ts'
import type { Log } from './observability/log.ts'
import { Metrics } from './observability/metrics.ts'
import { ContentCache } from './registry/content-cache.ts'
import type { Guard } from './registry/operation.ts'
import { purgeUploads } from './registry/recover-uploads.ts'
import type { Registry } from './registry/registry.ts'
import { RunningHashes } from './registry/running-hashes.ts'
import { openFilesystemStore } from './storage/filesystem.ts'

export interface AppOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  /** Names this process among all that ever worked on this data. */
  readonly instance: string
  readonly guards?: readonly Guard[]
  /** The text of /metrics; by default this process's own. */
  readonly metricsText?: (metrics: Metrics) => Promise<string>
  /** Called when nothing more can be made durable: the process should end. */
  readonly onBroken: (error: Error) => void
}

/** The whole registry, put together. Only this file knows every part. */
export interface App {
  readonly fetch: (request: Request, connection: Connection) => Promise<Response>
  readonly jobs: readonly Job[]
  readonly health: Health
  readonly metrics: Metrics
  readonly database: Database
  readonly registry: Registry
  readonly management: Management
  /** What may be done without signing in, right now. */
  readonly anonymousAccess: () => Promise<AnonymousAccess>
  close(): Promise<void>
}

/** About 5 MB of each kind. */
const REMEMBERED_ROWS = 20_000

export async function createApp(options: AppOptions): Promise<App> {
  const { config, clock, log, instance } = options
  const data = resolve(config.data)
  const blobs = openFilesystemStore(data)
  const database = await openSqlite({ path: join(data, 'berth.db'), clock, onBroken: options.onBroken })
  const metrics = new Metrics()
  const health = createHealth(database, blobs)
  const recorder = createRecorder({ database, clock, log })
  const registry: Registry = {
    database,
    blobs,
    clock,
    guards: options.guards ?? [],
    recorder,
    instance,
    hashes: new RunningHashes(),
    writing: new Map(),
    cache: new ContentCache(config.cache.memoryBytes),
    heads: new RowCache(() => database.version(), REMEMBERED_ROWS),
    members: new RowCache(() => database.version(), REMEMBERED_ROWS),
    limits: {
      maxBlobBytes: config.limits.blobBytes,
      maxManifestBytes: config.limits.manifestBytes,
      allowSparse: config.content.sparse,
      uploadsPerPrincipal: config.uploads.perPrincipal,
      uploadsPerRepository: config.uploads.perRepository,
    },
    onDamage: (blob, actualBytes) =>
      log.error('stored bytes are missing or damaged; run "berth fsck"', {
        ...blob,
        actualBytes: actualBytes ?? 'none',
      }),
  }

  const { cache, accounts, access, anonymousAccess, authorizer, management } = createRights({
    config,
    database,
    recorder,
    clock,
  })
  const apiKeys = new KeyUse(cache)
  const people = new People({ database, cache, recorder, clock })
  const passwords = new PasswordCheck()
  const failed = new FailedSignIns(clock)
  const providers = identityProviders({ config, database, passwords, clock, log })
  const { oidc, workload } = config.auth
  const onOutage = (provider: string, error: unknown) =>
    log.error('a sign-in provider cannot be asked', { provider, error })
  const workloads = new Workloads({
    verifier: createWorkloadIssuers({ issuers: workload, defaultAudience: config.externalUrl, clock, log }),
    matches: matchesRule,
    ...{ cache, accounts, clock },
  })
  const signIn = new SignIn({
    database,
    providers,
    passwords,
    failed,
    accounts,
    people,
    workloads,
    recorder,
    clock,
    onOutage,
  })
  const keys = new TokenKeys(database, clock)
  const tokens = new TokenService({ keys, authorizer, accounts, access, apiKeys, clock })
  const { idle, external } = config.auth.refreshTokens
  const refreshTokens = new RefreshTokens({
    ...{ database, accounts, apiKeys, people, providers, clock },
    idleMs: idle,
    externalMs: external,
  })
  const authenticator = createAuthenticator({ signIn, tokens })
  const metricsText = options.metricsText ?? (() => metrics.text())

  const sessions = new WebSessions({ database, accounts, clock })
  const devices = new DeviceCodes({ database, accounts, failed, recorder, clock })
  const pages = authPages({
    ...{ signIn, sessions, devices, people, accounts, database, recorder, clock, onOutage },
    oidc: Object.entries(oidc).map(([name, provider]) => oidcProvider({ name, config: provider, clock, log })),
  })
  const limits = createRequestLimits(config.rateLimit, clock)
  const api = lazySubtree('api', '/api/', async () => {
    const { createApi } = await import('./http/api/api.ts')
    const routes = await apiRoutes()
    return createApi({ m: management, authenticator, sessions, limits, recorder, routes, version: VERSION })
  })

  const fetch = createPipeline({
    routes: ociRoutes(registry, authorizer),
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
      subtrees: [api, pages],
    }),
    authenticator,
    door: { authorizer, createProject: (name, call) => createPushedProject(management, call, name) },
    recorder,
    limits,
    trustedProxies: parseNetworks(config.trustedProxies),
    isHostWelcome: hostRule(config, anonymousAccess),
    externalOrigin: config.externalUrl,
    log,
    metrics,
  })
  return {
    fetch,
    jobs: [
      purgeUploadsJob(registry, config, metrics),
      rotateTokenKeysJob(keys),
      {
        name: 'expire-sign-ins',
        everyMs: 60 * 60_000,
        run: async () => {
          await refreshTokens.removeExpired()
          await sessions.removeExpired()
          await devices.removeExpired()
          await database.writeQuietly((tx) => removeExpiredAttempts(tx, clock.now()))
        },
      },
      ...auditJobs({ config, database, clock, log, recorder }),
    ],
    health,
    metrics,
    database,
    registry,
    management,
    anonymousAccess,
    close: () => database.close(),
  }
}

/** Parts that most processes never need are loaded when somebody asks for them, so that a start need not wait. */
function lazySubtree(name: string, prefix: string, load: () => Promise<Subtree>): Subtree {
  let loaded: Promise<Subtree> | undefined
  return {
    name,
    prefix,
    answer: async (call) => {
      loaded ??= load()
      return (await loaded).answer(call)
    },
  }
}

/** The whole table of the admin API: its own rows, and those that features bring. */
export async function apiRoutes(): Promise<readonly ApiRoute[]> {
  const [{ CORE_API_ROUTES }, { auditRoutes }] = await Promise.all([
    import('./http/api/routes.ts'),
    import('./audit/routes.ts'),
  ])
  return [...CORE_API_ROUTES, ...auditRoutes]
}

interface AuditJobParts {
  readonly config: Config
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
  readonly log: Log
}

function auditJobs({ config, ...parts }: AuditJobParts): Job[] {
  const { keep, syslog } = config.audit
  return [
    auditRetention({ ...parts, keepMs: keep, exporting: syslog !== undefined }),
    auditHead(parts),
    ...(syslog === undefined ? [] : [syslogExport({ ...parts, url: syslog, hostname: hostname() })]),
  ]
}

interface RightsParts {
  readonly config: Config
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
}

/** Who may do what, and how that is changed: for the server, and for commands that work beside it. */
function createRights({ config, database, recorder, clock }: RightsParts) {
  const cache = new AccessCache(database)
  const accounts = new Accounts(cache)
  const access = new Access(cache)
  const anonymousAccess = anonymousRule(config, database)
  const authorizer = createAuthorizer({
    accounts,
    access,
    anonymous: anonymousAccess,
    creation: config.projects.create,
    isOccupied: (name) => hasRepositoriesIn(database.reader, name),
    clock,
  })
  const management: Management = {
    ...{ database, access, accounts, authorizer, recorder, clock },
    publicByDefault: async () => (await anonymousAccess()) !== 'none',
    workloadPreset: (issuer) => config.auth.workload[issuer]?.preset,
  }
  return { cache, accounts, access, anonymousAccess, authorizer, management }
}

/** For commands. */
export function createManagement(config: Config, database: Database, clock: Clock, log: Log): Management {
  const recorder = createRecorder({ database, clock, log })
  return createRights({ config, database, recorder, clock }).management
}

interface ProviderParts {
  readonly config: Config
  readonly database: Database
  readonly passwords: PasswordCheck
  readonly clock: Clock
  readonly log: Log
}

function identityProviders({ config, database, passwords, clock, log }: ProviderParts): IdentityProvider[] {
  const { htpasswd, ldap } = config.auth
  const onProblem = (problem: string) => log.error(problem)
  return [
    localUsers(database, passwords),
    ...(htpasswd === undefined ? [] : [htpasswdFile({ path: htpasswd.path, passwords, onProblem })]),
    ...Object.entries(ldap).map(([name, server]) => remembering(ldapProvider({ name, config: server, log }), clock)),
  ]
}

/** How long a change of the users takes to change what anonymous callers may do, at most. */
const ANONYMOUS_RULE_MS = 1000

/** Whether others than this machine can come in: directly, or through the proxy that an external address speaks of. */
export function isReachable({ listen, externalUrl }: Config): boolean {
  return !isLoopback(listen.host) || (externalUrl !== undefined && !isLoopback(new URL(externalUrl).hostname))
}

/** Where nobody said who may come in, and only this machine can: everybody may, until there is a user. */
function isImplicitlyOpen(config: Config): boolean {
  const { anonymous, htpasswd, ldap, oidc } = config.auth
  const elsewhere = htpasswd !== undefined || Object.keys(ldap).length + Object.keys(oidc).length > 0
  return anonymous === undefined && !elsewhere && !isReachable(config)
}

/** A browser on this machine sends whatever name a page's own server gave our address. */
function hostRule(config: Config, anonymous: () => Promise<AnonymousAccess>): (host: string) => Promise<boolean> {
  if (!isImplicitlyOpen(config)) return async () => true
  let lastLocal: string | undefined
  return async (host) => {
    if (host === lastLocal) return true
    if (!isLocalName(hostNameOf(host))) return (await anonymous()) !== 'push'
    lastLocal = host
    return true
  }
}

/** Names below `localhost` belong to nobody (RFC 6761 §6.3). */
function isLocalName(name: string): boolean {
  return isLoopback(name) || name.endsWith('.localhost')
}

function hostNameOf(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}

function anonymousRule(config: Config, database: Database): () => Promise<AnonymousAccess> {
  const { anonymous } = config.auth
  if (anonymous !== undefined) return async () => anonymous
  if (!isImplicitlyOpen(config)) return async () => 'none'
  let last: { access: AnonymousAccess; at: number } | undefined
  return async () => {
    if (last === undefined || performance.now() - last.at > ANONYMOUS_RULE_MS)
      last = { access: (await hasUsers(database.reader)) ? 'none' : 'push', at: performance.now() }
    return last.access
  }
}

function purgeUploadsJob(registry: Registry, config: Config, metrics: Metrics): Job {
  return {
    name: 'purge-uploads',
    everyMs: 10 * 60 * 1000,
    run: async () =>
      metrics.add('registry_storage_uploads_purged_total', await purgeUploads(registry, config.uploads.expireAfter)),
  }
}

/** How many processes serve. */
export function workerCount(config: Config): number {
  return config.workers === 'auto' ? availableParallelism() : config.workers
}
