import { join, resolve } from 'node:path'
import { openRemoteRegistry } from '../../client/remote-registry.ts'
import type { Config } from '../../config/schema.ts'
import type { LayerReader } from '../../inventory/layer-reader.ts'
import { causesOf } from '../../lib/causes.ts'
import { Problem } from '../../lib/problem.ts'
import type { Log } from '../../observability/log.ts'
import { RemoteError } from '../../registry/image-source.ts'
import type { Registry } from '../../registry/registry.ts'
import { openSpool } from '../../storage/spool.ts'
import type { SealedSecrets } from '../../storage/sealed-secrets.ts'
import type { Vulndb } from '../../vulndb/vulndb.ts'
import { contentsOf } from '../image-contents.ts'
import { purposeOfForeign } from './backend.ts'
import { noteForeignEcosystems } from './foreign-ecosystems.ts'
import { readForeignImage } from './foreign-image.ts'
import { parseForeignPlace } from './foreign-place.ts'
import {
  countAttempt,
  endForeign,
  findNextForeign,
  type ForeignContent,
  forgetForeign,
  packForeign,
  type WaitingForeignScan,
} from './foreign-store.ts'
import { matchForeign } from './match-foreign.ts'

export interface ForeignScanParts {
  readonly config: Config
  readonly registry: Registry
  readonly reader: LayerReader
  readonly vulndb: Vulndb
  readonly secrets: SealedSecrets
  readonly log: Log
}

const MINUTE_MS = 60_000
const PATIENCE_MS = 30 * MINUTE_MS
const KEPT_MS = 24 * 60 * MINUTE_MS
const MOST_ATTEMPTS = 3
const AT_ONCE = 4

/** Looks into one image of another registry that waits for it. False: none does. */
export async function scanForeign(parts: ForeignScanParts, signal: AbortSignal): Promise<boolean> {
  const { registry, log } = parts
  const { database } = registry
  const next = await findNextForeign(database.reader)
  if (next === undefined) return false
  await database.writeQuietly((tx) => countAttempt(tx, next.id))
  const late = AbortSignal.timeout(PATIENCE_MS)
  try {
    if (next.attempts >= MOST_ATTEMPTS)
      throw new Problem('conflict', 'the process that looked into it died, again and again')
    const packed = packForeign(await lookInto(parts, next, AbortSignal.any([signal, late])))
    await database.writeQuietly((tx) => endForeign(tx, next.id, { packed }))
  } catch (error) {
    if (signal.aborted) return true
    const isKnown = error instanceof Problem || error instanceof RemoteError
    const problem = late.aborted ? 'it took too long' : isKnown ? error.message : 'it could not be scanned'
    log.warn('an image of another registry could not be looked into', { scan: next.id, problem: causesOf(error) })
    await database.writeQuietly((tx) => endForeign(tx, next.id, { problem }))
  }
  return true
}

async function lookInto(
  parts: ForeignScanParts,
  scan: WaitingForeignScan,
  signal: AbortSignal,
): Promise<ForeignContent> {
  const { config, registry, reader, vulndb, secrets } = parts
  const { clock, database } = registry
  const { request, secret } = scan
  const { adapterAllowPrivate: allowPrivate, limits } = config.scanning
  const authorization = secret && secrets.open(secret, purposeOfForeign(scan.id, request))
  const place = parseForeignPlace({ registryUrl: request.registryUrl, authorization }, allowPrivate)
  const source = openRemoteRegistry({
    ...{ ...place, allowPrivate, insecureHttp: allowPrivate, trustedHosts: [], maxConcurrent: AT_ONCE, clock },
  })
  const spool = () => openSpool(join(resolve(config.data), 'spool'), config.encryption !== undefined)
  const read = await readForeignImage({ source, reader, openSpool: spool, maxBytes: limits.bytes }, request, signal)
  const contents = contentsOf(read)
  const now = clock.now()
  await noteForeignEcosystems(database, [...new Set(contents.rows.map(baseEcosystem))], now)
  const { state, facts, packages } = contents
  return {
    inventory: { digest: request.digest, state, facts, packages, analyzedAt: now },
    report: await matchForeign(vulndb, contents, { now, signal }),
  }
}

/** `Debian` of `Debian:12`. */
function baseEcosystem({ ecosystem }: { readonly ecosystem: string }): string {
  return ecosystem.split(':', 1)[0] ?? ecosystem
}

/** Answers that nobody fetched within a day. */
export async function forgetForeignScans({ database, clock }: Registry, signal: AbortSignal): Promise<void> {
  const before = new Date(clock.now().getTime() - KEPT_MS)
  const page = 200
  while (!signal.aborted && (await database.writeQuietly((tx) => forgetForeign(tx, before, page))) === page);
}
