import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { isReachable } from '../access/anonymous.ts'
import { type App, createApp, workerCount } from '../app.ts'
import { hasOtherAdministrator, hasUsers } from '../auth/user-store.ts'
import { environment } from '../config/environment.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { requireFreePort } from '../http/server.ts'
import { adjustableClock, systemClock } from '../lib/clock.ts'
import { configureFailpoints } from '../lib/failpoint.ts'
import { randomId } from '../lib/ids.ts'
import type { Log } from '../observability/log.ts'
import { lockInstance } from '../metadata/instance-lock.ts'
import type { Replica } from '../replicas/join.ts'
import { rememberKeeping } from '../registry/remembered-keeping.ts'
import { recoverUploads } from '../registry/recover-uploads.ts'
import { claimStore, ForeignStoreError } from '../registry/store-owner.ts'
import { exitOnBroken, processLog, serveHere, type Serving } from './serving.ts'
import { onStopSignal } from './signals.ts'
import { startJobsLater } from './start-jobs-later.ts'
import { BY_OPERATOR } from './offline.ts'
import { requireUsable } from './usable.ts'
import type { WorkersOptions } from './workers.ts'

/** `berth serve`: runs until a signal ends it. */
export async function serve({ config, origins }: Pick<LoadedConfig, 'config' | 'origins'>): Promise<void> {
  const log = processLog(config)
  const stopSignal = onStopSignal()
  await requireUsable(config)
  if (config.tls !== undefined || workerCount(config) > 1) requireFreePort(config.listen)
  const boot = randomId()
  const startedAt = systemClock.now()
  const own = { instance: boot, startedAt, origins }
  const app = await createApp({ config, clock: adjustableClock(), log, ...own, onBroken: exitOnBroken(log) })
  const lock = usesFolder(config) ? lockInstance(join(resolve(config.data), 'berth.lock')) : undefined
  const replica = app.database.engine === 'postgres' ? await joinOthers(app, boot) : undefined
  if (lock !== undefined) await freeUploadsOfBefore(app, boot, log)
  await claimStorage(app, log)
  await rememberKeeping(app.registry)
  await ensureAdministrator(app, config)
  await warnWithoutAdministrator(app, log)
  configureFailpoints(environment.BERTH_TEST_FAILPOINTS ?? '')
  const serving =
    workerCount(config) === 1 ? serveHere(app, config, log) : await serveByWorkers({ app, config, log, ...own })
  const { url } = await serving.listening
  log.info('listening', { url, workers: workerCount(config), anonymous: await app.anonymousAccess() })
  await announceOpenAccess(app, url)
  const jobs = startJobsLater({ app, config, log, boot, replica }, stopSignal)
  await Promise.race([stopSignal, jobs])

  await stopSignal
  log.info('stopping', { drainMs: config.shutdown.drain })
  serving.drain()
  await systemClock.sleep(config.shutdown.delay)
  await serving.stop(config.shutdown.drain)
  await (await jobs)?.stop()
  await replica?.leave()
  await app.close()
  lock?.release()
  log.info('stopped')
}

async function joinOthers({ registry }: App, boot: string): Promise<Replica> {
  const { joinReplicas } = await import('../replicas/join.ts')
  return joinReplicas(registry, boot)
}

async function serveByWorkers(options: WorkersOptions): Promise<Serving> {
  const { startWorkers } = await import('./workers.ts')
  return startWorkers(options)
}

/** With a database and a bucket elsewhere nothing is kept here. */
function usesFolder({ database, storage }: Config): boolean {
  return database === undefined || storage === undefined
}

/** A store that cannot be reached at the moment is no reason not to start; one that is another's is. */
async function claimStorage({ registry }: App, log: Log): Promise<void> {
  try {
    await claimStore(registry)
  } catch (error) {
    if (error instanceof ForeignStoreError) throw error
    log.error('the storage cannot be used at the moment', { error })
  }
}

/** The only server on this data: every other writer is of an earlier start. */
async function freeUploadsOfBefore({ registry }: App, boot: string, log: Log): Promise<void> {
  const recovered = await recoverUploads(registry, (writer) => writer !== boot)
  if (recovered > 0) log.info('unfinished uploads can be resumed', { uploads: recovered })
}

/** Where others can reach us and nobody has been given access yet, there is one administrator with a password shown once. */
async function ensureAdministrator(app: App, config: Config): Promise<void> {
  const needed = isReachable(config) && config.auth.htpasswd === undefined && config.auth.anonymous !== 'push'
  if (!needed || (await hasUsers(app.database.reader))) return
  const { createUser } = await import('../auth/manage-users.ts')
  const password = randomBytes(18).toString('base64url')
  try {
    await createUser(app.management, BY_OPERATOR, { name: 'admin', password, systemRole: 'administrator' })
  } catch (error) {
    // Another replica that starts at the same moment was quicker, and has printed its password.
    if (await hasUsers(app.database.reader)) return
    throw error
  }
  process.stderr.write(
    `\n  First start: sign in as "admin" with the password  ${password}\n  It is shown this once. Change it with "berth user password admin".\n\n`,
  )
}

/** Users from before there were roles have none. */
async function warnWithoutAdministrator({ database }: App, log: Log): Promise<void> {
  if (!(await hasUsers(database.reader)) || (await hasOtherAdministrator(database.reader, ''))) return
  log.warn('there is no administrator; make one with: berth user set NAME --role administrator')
}

async function announceOpenAccess(app: App, url: string): Promise<void> {
  if ((await app.anonymousAccess()) !== 'push') return
  process.stderr.write(
    `\n  Berth is at ${url}\n  Anyone who can reach this address may pull, push and delete without signing in.\n  "berth user add NAME" makes a first user, and from then on everybody must sign in.\n\n`,
  )
}
