import type { Finding, ReportState } from '../../inventory/finding.ts'
import { compressText, decompressText } from '../../inventory/codec.ts'
import type { Executor, Transaction } from '../../metadata/db.ts'
import { prepare } from '../../metadata/prepared.ts'
import type { ContentsTables } from '../../metadata/schema-contents.ts'
import type { Digest } from '../../oci/digest.ts'

/** What a scanner that is not ours last said of an image. */
export interface StoredReport {
  readonly scanner: string
  readonly state: ReportState
  readonly reasons: readonly string[]
  readonly findings: readonly Finding[]
  readonly dataUpdatedAt?: Date
  /** Of what it said; absent: it never said anything. */
  readonly reportedAt?: Date
  /** When it was last asked. */
  readonly askedAt: Date
  /** Why it has said nothing new since. */
  readonly problem?: string
}

/** As rows have it: we alone write them. */
interface Content {
  readonly reasons: readonly string[]
  readonly findings: readonly (Omit<Finding, 'firstSeen' | 'published'> & StoredTimes)[]
  readonly dataUpdatedAt?: number
  readonly reportedAt?: number
  readonly problem?: string
}
interface StoredTimes {
  readonly firstSeen: number
  readonly published?: number
}

export async function listReports(executor: Executor, digest: Digest): Promise<StoredReport[]> {
  const rows = await executor.db
    .selectFrom('scan_reports')
    .select(['scanner', 'state', 'content', 'scanned_at'])
    .where('digest', '=', digest)
    .orderBy('scanner')
    .execute()
  return rows.map(toReport)
}

type Row = Pick<ContentsTables['scan_reports'], 'scanner' | 'state' | 'content' | 'scanned_at'>

function toReport(row: Row): StoredReport {
  const { reasons, findings, dataUpdatedAt, reportedAt, problem } = JSON.parse(row.content) as Content
  return {
    ...{ scanner: row.scanner, state: row.state as ReportState, reasons, askedAt: new Date(row.scanned_at) },
    findings: findings.map(({ firstSeen, published, ...finding }) => ({
      ...{ ...finding, firstSeen: new Date(firstSeen) },
      ...(published === undefined ? {} : { published: new Date(published) }),
    })),
    ...(dataUpdatedAt === undefined ? {} : { dataUpdatedAt: new Date(dataUpdatedAt) }),
    ...(reportedAt === undefined ? {} : { reportedAt: new Date(reportedAt) }),
    ...(problem === undefined ? {} : { problem }),
  }
}

const enabledOnes = prepare<
  { digest: Digest },
  { name: string; state: string | null; content: string | null; scanned_at: number | null }
>((db, parameter) =>
  db
    .selectFrom('scanners')
    .leftJoin('scan_reports', (join) =>
      join.onRef('scan_reports.scanner', '=', 'scanners.name').on('scan_reports.digest', '=', parameter('digest')),
    )
    .select(['scanners.name', 'scan_reports.state', 'scan_reports.content', 'scan_reports.scanned_at'])
    .where('scanners.enabled', '=', 1)
    .orderBy('scanners.name'),
)

/** Of every scanner that is asked here, what it last said of the image; undefined: it was not asked about it yet. */
export async function listEnabledReports(
  executor: Executor,
  digest: Digest,
): Promise<{ readonly scanner: string; readonly report: StoredReport | undefined }[]> {
  const rows = await enabledOnes(executor, { digest })
  return rows.map(({ name: scanner, state, content, scanned_at }) => {
    const isThere = state !== null && content !== null && scanned_at !== null
    return { scanner, report: isThere ? toReport({ scanner, state, content, scanned_at }) : undefined }
  })
}

/** What was said of images that are here no more, at most so many. Returns how many there were. */
export async function forgetReports(tx: Transaction, limit: number): Promise<number> {
  const gone = await tx.db
    .selectFrom('scan_reports')
    .select(['digest', 'scanner'])
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('images').select('images.id').whereRef('images.digest', '=', 'scan_reports.digest'))),
    )
    .limit(limit)
    .execute()
  for (const { digest, scanner } of gone)
    await tx.db.deleteFrom('scan_reports').where('digest', '=', digest).where('scanner', '=', scanner).execute()
  return gone.length
}

/** Whether it says the same, whenever that was. */
export function saysSame(a: StoredReport, b: StoredReport): boolean {
  const said = ({ state, askedAt: _, reportedAt: __, dataUpdatedAt: ___, ...rest }: StoredReport) =>
    JSON.stringify([state, toContent({ ...rest, state, askedAt: new Date(0) })])
  return said(a) === said(b)
}

/** As it came. */
export async function findRawReport(executor: Executor, digest: Digest, scanner: string): Promise<string | undefined> {
  const row = await executor.db
    .selectFrom('scan_reports')
    .select('raw')
    .where('digest', '=', digest)
    .where('scanner', '=', scanner)
    .executeTakeFirst()
  return row?.raw ? decompressText(row.raw) : undefined
}

/** `raw`: compressed; undefined: as it was. */
export async function saveReport(
  tx: Transaction,
  digest: Digest,
  report: StoredReport,
  raw: Uint8Array | undefined,
): Promise<void> {
  const { scanner, state, askedAt } = report
  const values = { state, content: JSON.stringify(toContent(report)), scanned_at: askedAt.getTime() }
  const withRaw = raw === undefined ? values : { ...values, raw }
  await tx.db
    .insertInto('scan_reports')
    .values({ digest, scanner, raw: null, ...withRaw })
    .onConflict((conflict) => conflict.columns(['digest', 'scanner']).doUpdateSet(withRaw))
    .execute()
}

export function compressRaw(raw: Uint8Array): Uint8Array {
  return compressText(new TextDecoder().decode(raw))
}

function toContent({ reasons, findings, dataUpdatedAt, reportedAt, problem }: StoredReport): Content {
  return {
    reasons,
    findings: findings.map(({ firstSeen, published, ...finding }) => ({
      ...{ ...finding, firstSeen: firstSeen.getTime() },
      ...(published === undefined ? {} : { published: published.getTime() }),
    })),
    ...(dataUpdatedAt === undefined ? {} : { dataUpdatedAt: dataUpdatedAt.getTime() }),
    ...(reportedAt === undefined ? {} : { reportedAt: reportedAt.getTime() }),
    ...(problem === undefined ? {} : { problem }),
  }
}

export interface DueImages {
  readonly scanner: string
  /** Only after this one, by their numbers. */
  readonly after: number
  /** Whoever was asked about since then is not due. */
  readonly reportedBefore: Date
  /** The same of images of which the scanner never said anything. */
  readonly failedBefore: Date
  readonly limit: number
}

/** Images that were looked into here, and that this scanner was not asked about lately. */
export async function listDueImages(
  executor: Executor,
  { scanner, after, reportedBefore, failedBefore, limit }: DueImages,
): Promise<{ readonly id: number; readonly digest: Digest }[]> {
  return executor.db
    .selectFrom('images')
    .select(['images.id', 'images.digest'])
    .where('images.id', '>', after)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('scan_reports')
            .select('scan_reports.digest')
            .whereRef('scan_reports.digest', '=', 'images.digest')
            .where('scan_reports.scanner', '=', scanner)
            .where((or) =>
              or.or([
                or('scan_reports.scanned_at', '>=', failedBefore.getTime()),
                or.and([
                  or('scan_reports.scanned_at', '>=', reportedBefore.getTime()),
                  or('scan_reports.state', '!=', 'failed'),
                ]),
              ]),
            ),
        ),
      ),
    )
    .orderBy('images.id')
    .limit(limit)
    .execute()
}
