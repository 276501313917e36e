import type { Finding } from '../../inventory/finding.ts'
import { loadInventory } from '../../inventory/load.ts'
import { causesOf } from '../../lib/causes.ts'
import { Problem } from '../../lib/problem.ts'
import type { Transaction } from '../../metadata/db.ts'
import { findManifestByDigest } from '../../metadata/manifests.ts'
import { forgetVerdicts } from '../../metadata/policy-verdicts.ts'
import type { Log } from '../../observability/log.ts'
import type { Digest } from '../../oci/digest.ts'
import type { RepositoryName } from '../../oci/name.ts'
import { RemoteError } from '../../registry/image-source.ts'
import type { Registry } from '../../registry/registry.ts'
import { findPlaces, type Place } from '../places-store.ts'
import type { ExternalScanner } from './external-scanner.ts'
import { openScanner, type ScannerParts } from './open-scanner.ts'
import { withPurls } from './purls.ts'
import { compressRaw, listDueImages, listReports, saveReport, saysSame, type StoredReport } from './report-store.ts'
import { findScanner, listScanners, type StoredScanner } from './store.ts'

export interface ExternalScanParts extends ScannerParts {
  readonly registry: Registry
  readonly log: Log
  /** By which scanners reach this registry, unless their settings say another one. */
  readonly registryUrl: string | undefined
  /** A header's value that lets its bearer pull from this one repository, for minutes. */
  readonly authorize: (repository: RepositoryName) => Promise<string>
  /** What tests put in the place of real ones. */
  readonly open?: (scanner: StoredScanner) => ExternalScanner
}

const HOUR_MS = 3_600_000
/** Their data is theirs to bring up to date: they are asked again, as nobody tells us when. */
const AGAIN_MS = 24 * HOUR_MS
const AT_ONCE = 20
const MAX_SCANNERS = 100
const MAX_PLACES = 50

/** Asks every scanner that is enabled about every image that it was not asked about lately. */
export async function scanExternally(parts: ExternalScanParts, signal: AbortSignal): Promise<void> {
  const { database } = parts.registry
  const scanners = await listScanners(database.reader, '', MAX_SCANNERS)
  for (const scanner of scanners.filter(({ isEnabled }) => isEnabled)) await scanAll(parts, scanner, signal)
}

async function scanAll(parts: ExternalScanParts, scanner: StoredScanner, signal: AbortSignal): Promise<void> {
  const { database, clock } = parts.registry
  const now = clock.now().getTime()
  const due = { reportedBefore: new Date(now - AGAIN_MS), failedBefore: new Date(now - HOUR_MS), limit: AT_ONCE }
  for (let after = 0; !signal.aborted;) {
    const images = await listDueImages(database.reader, { ...due, scanner: scanner.name, after })
    const last = images.at(-1)
    if (last === undefined) return
    for (const { digest } of images) {
      if (signal.aborted) return
      await scanOne(parts, scanner, { digest, signal })
    }
    after = last.id
  }
}

interface One {
  readonly digest: Digest
  readonly signal: AbortSignal
}

async function scanOne(parts: ExternalScanParts, scanner: StoredScanner, { digest, signal }: One): Promise<void> {
  const { database, clock } = parts.registry
  const found = await findHeld(parts, digest)
  // What is not all here yet is for another round.
  if (found === undefined) return
  const { name } = scanner
  const before = (await listReports(database.reader, digest)).find((report) => report.scanner === name)
  try {
    const { report, raw } = await ask(parts, scanner, { ...found, digest, signal })
    const now = clock.now()
    const packed = compressRaw(raw)
    const findings = withPurls(report.findings, found.inventory.packages, found.inventory.facts.os)
    const stored = { ...report, scanner: name, findings: seen(findings, before, now), reportedAt: now, askedAt: now }
    await save(parts, digest, { before, report: stored, raw: packed })
  } catch (error) {
    if (signal.aborted) return
    parts.log.warn('another scanner could not say anything of an image', {
      scanner: name,
      digest,
      problem: causesOf(error),
    })
    if (!(error instanceof Problem || error instanceof RemoteError)) throw error
    const report = failed(before, { scanner: name, problem: error.message, askedAt: clock.now() })
    await save(parts, digest, { before, report, raw: undefined })
  }
}

interface Said {
  readonly before: StoredReport | undefined
  readonly report: StoredReport
  readonly raw: Uint8Array | undefined
}

/** Unless somebody removed the scanner meanwhile. Whoever judged by what it said before judges anew. */
async function save({ registry }: ExternalScanParts, digest: Digest, { before, report, raw }: Said): Promise<void> {
  const isSame = before !== undefined && saysSame(before, report)
  const write = async (tx: Transaction) => {
    if ((await findScanner(tx, report.scanner)) === undefined) return
    await saveReport(tx, digest, report, raw)
    if (!isSame) await forgetVerdicts(tx, digest)
  }
  await (isSame ? registry.database.writeQuietly(write) : registry.database.writeRelaxed(write))
}

async function findHeld({ registry: { database } }: ExternalScanParts, digest: Digest) {
  for (const place of await findPlaces(database.reader, digest, MAX_PLACES)) {
    const inventory = await loadInventory(database.reader, place, digest)
    const head = inventory && (await findManifestByDigest(database.reader, place.repository, digest))
    if (inventory !== undefined && head !== undefined) return { place, inventory, mediaType: head.mediaType }
  }
  return undefined
}

interface Asked extends One {
  readonly place: Place
  readonly mediaType: string
}

/** @throws Problem, RemoteError */
async function ask(parts: ExternalScanParts, scanner: StoredScanner, { digest, signal, place, mediaType }: Asked) {
  const registryUrl = scanner.settings.registryUrl ?? parts.registryUrl
  if (registryUrl === undefined)
    throw new Problem('conflict', 'no scanner knows where this registry is: set externalUrl, or say --registry-url')
  const { repository } = place
  const authorization = await parts.authorize(repository)
  const opened = parts.open?.(scanner) ?? openScanner(parts, scanner)
  return opened.scan({ registryUrl, authorization, repository, digest, mediaType }, signal)
}

/** What it said before stays, with why there is nothing newer. */
function failed(
  before: StoredReport | undefined,
  { scanner, problem, askedAt }: { readonly scanner: string; readonly problem: string; readonly askedAt: Date },
): StoredReport {
  if (before?.reportedAt !== undefined) return { ...before, problem, askedAt }
  return { scanner, state: 'failed', reasons: [problem], findings: [], problem, askedAt }
}

/** Days of grace count from the first time. */
function seen(findings: readonly Omit<Finding, 'firstSeen'>[], before: StoredReport | undefined, now: Date): Finding[] {
  const known = new Map(before?.findings.map((finding) => [keyOf(finding), finding.firstSeen]))
  return findings.map((finding) => ({ ...finding, firstSeen: known.get(keyOf(finding)) ?? now }))
}

function keyOf({ vulnerability, package: name, version }: Omit<Finding, 'firstSeen'>): string {
  return `${vulnerability}\0${name}\0${version}`
}
