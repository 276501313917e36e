import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { type AnonymousAccess, openAuthorizer, withinToken } from './access/authorizer.ts'
import { createAuthenticator } from './auth/authenticator.ts'
import { htpasswdFile } from './auth/htpasswd.ts'
import type { IdentityProvider } from './auth/identity-provider.ts'
import { localUsers } from './auth/local-users.ts'
import { PasswordCheck } from './auth/password-check.ts'
import { rotateTokenKeysJob, TokenKeys } from './auth/token-keys.ts'
import { TokenService } from './auth/token-service.ts'
import { hasUsers } from './auth/user-store.ts'
import type { Config } from './config/schema.ts'
import { ociRoutes } from './http/oci-routes.ts'
import { type Connection, createPipeline } from './http/pipeline.ts'
import { plainRoutes } from './http/plain-routes.ts'
import type { Job } from './jobs/job.ts'
import { isLoopback } from './lib/addresses.ts'
import type { Clock } from './lib/clock.ts'
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
  const registry: Registry = {
    database,
    blobs,
    clock,
    guards: options.guards ?? [],
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
    },
    onDamage: (blob, actualBytes) =>
      log.error('stored bytes are missing or damaged; run "berth fsck"', {
        ...blob,
        actualBytes: actualBytes ?? 'none',
      }),
  }

  const passwords = new PasswordCheck()
  const providers = identityProviders({ config, database, passwords, log })
  const anonymousAccess = anonymousRule(config, database)
  const authorizer = withinToken(openAuthorizer(anonymousAccess))
  const keys = new TokenKeys(database, clock)
  const tokens = new TokenService({ keys, authorizer, clock })
  const authenticator = createAuthenticator({ providers, passwords, tokens })
  const metricsText = options.metricsText ?? (() => metrics.text())

  const fetch = createPipeline({
    routes: ociRoutes(registry, authorizer),
    plain: plainRoutes({
      health,
      token: { authenticator, providers, passwords, tokens },
      metricsText: () => metricsText(metrics),
      publicMetrics: config.metrics.public,
      loopbackIsLocal: config.externalUrl === undefined,
    }),
    authenticator,
    authorizer,
    externalOrigin: config.externalUrl,
    log,
    metrics,
  })
  return {
    fetch,
    jobs: [purgeUploadsJob(registry, config, metrics), rotateTokenKeysJob(keys)],
    health,
    metrics,
    database,
    registry,
    anonymousAccess,
    close: () => database.close(),
  }
}

interface ProviderParts {
  readonly config: Config
  readonly database: Database
  readonly passwords: PasswordCheck
  readonly log: Log
}

function identityProviders({ config, database, passwords, log }: ProviderParts): IdentityProvider[] {
  const providers = [localUsers(database, passwords)]
  const { htpasswd } = config.auth
  if (htpasswd === undefined) return providers
  return [...providers, htpasswdFile({ path: htpasswd.path, passwords, onProblem: (problem) => log.error(problem) })]
}

/** How long a change of the users takes to change what anonymous callers may do, at most. */
const ANONYMOUS_RULE_MS = 1000

/** Whether others than this machine can come in: directly, or through the proxy that an external address speaks of. */
export function isReachable({ listen, externalUrl }: Config): boolean {
  return !isLoopback(listen.host) || (externalUrl !== undefined && !isLoopback(new URL(externalUrl).hostname))
}

function anonymousRule(config: Config, database: Database): () => Promise<AnonymousAccess> {
  const { anonymous, htpasswd } = config.auth
  if (anonymous !== undefined) return async () => anonymous
  if (isReachable(config) || htpasswd !== undefined) return async () => 'none'
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
