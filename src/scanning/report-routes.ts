import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { imageAt, oneImage } from '../http/api/image-call.ts'
import { date } from '../http/api/schemas.ts'
import { findHeldImage } from '../inventory/load.ts'
import { Problem } from '../lib/problem.ts'
import type { Digest } from '../oci/digest.ts'
import { openVulndb } from '../vulndb/vulndb.ts'
import { reportBody, toReportBody } from './bodies.ts'
import { imagesOf } from '../inventory/choose-image.ts'
import { findRawReport } from './external/report-store.ts'
import type { ScanningParts } from './parts.ts'
import { enqueue, findWaiting } from './queue-store.ts'

const platformReport = reportBody.omit({ findings: true }).extend({ platform: z.string().optional() })
type PlatformReport = z.infer<typeof platformReport>

const report = reportBody.extend({
  pending: z.boolean().describe('It is being looked into, or will be at once; of an index, the index itself.'),
  images: z
    .array(platformReport)
    .optional()
    .describe('Of an index: its images; findings are told of each by its own digest.'),
})

export function reportRoutes(parts: () => ScanningParts): readonly ApiRoute[] {
  return [
    define('GET /repositories/{repository}/images/{reference}/report', {
      id: 'getReport',
      access: 'repository:pull',
      summary: 'The vulnerabilities of an image, and how far the report can be trusted.',
      parameters: oneImage,
      response: report,
      handle: async (call) => {
        const at = await imageAt(call)
        const { findings } = parts()
        const describe = async (digest: Digest) => toReportBody(digest, await findings.reportOf(at.spot, digest))
        const index = await imagesOf(call.registry.database.reader, at)
        const waiting = await findWaiting(call.registry.database.reader, at.head.digest)
        // What has a problem is tried again much later.
        const pending = waiting !== undefined && waiting.problem === undefined
        if (index === undefined) return { ...(await describe(at.head.digest)), pending }
        const reports: PlatformReport[] = []
        for (const { digest, platform } of index.images) {
          const { findings: _, ...rest } = await describe(digest)
          reports.push({ ...rest, ...(platform !== undefined && rest.state !== 'waiting' && { platform }) })
        }
        return { ...(await describe(at.head.digest)), ...worstOf(reports, index.reasons), images: reports, pending }
      },
    }),
    define('GET /repositories/{repository}/images/{reference}/reports/{scanner}', {
      id: 'getScannerReport',
      access: 'repository:pull',
      summary: 'What another scanner last said of an image, as it came.',
      parameters: oneImage.extend({ scanner: z.string().max(64).describe('Name of a scanner that is not ours.') }),
      response: z.unknown(),
      handle: async (call) => {
        const { spot, head } = await imageAt(call)
        const { reader } = call.registry.database
        const isHeld = (await findHeldImage(reader, spot, head.digest)) !== undefined
        const raw = isHeld ? await findRawReport(reader, head.digest, call.parameters.scanner) : undefined
        if (raw === undefined) throw new Problem('not-found', 'this scanner has said nothing of the image')
        return JSON.parse(raw) as unknown
      },
    }),
    define('POST /repositories/{repository}/images/{reference}/scan', {
      id: 'scanImage',
      access: 'repository:push',
      summary: 'Has an image looked into again, soon. What was found in its layers is used unless that failed.',
      parameters: oneImage,
      handle: async (call) => {
        const { head } = await imageAt(call)
        if (!parts().config.scanning.enabled) throw new Problem('conflict', 'scanning is off here (scanning.enabled)')
        const { database, clock } = call.registry
        await database.write(async (tx) => {
          await enqueue(tx, head.digest, clock.now())
          await call.m.recorder.record(tx, {
            ...{ actor: call.actor, action: 'scan.requested', target: `repository:${call.repository}` },
            ...{ outcome: 'done', detail: { digest: head.digest } },
          })
        })
      },
    }),
    define('GET /vulnerability-data', {
      id: 'getVulnerabilityData',
      access: 'signed-in',
      summary: 'Which vulnerability data this server has, and how old it is.',
      response: z.strictObject({
        version: z.string().optional(),
        sizeBytes: z.int(),
        records: z.int(),
        ecosystems: z.array(
          z.strictObject({
            ecosystem: z.string(),
            records: z.int(),
            updatedAt: date.optional(),
            newestRecord: date.optional(),
            triedAt: date.optional(),
            source: z.string().optional(),
            problem: z.string().optional(),
          }),
        ),
      }),
      handle: async () => {
        const { ecosystems, ...status } = await openVulndb({ data: parts().config.data }).status()
        return { ...status, ecosystems: ecosystems.map((each) => JSON.parse(JSON.stringify(each)) as object) }
      },
    }),
  ]
}

/** An index is as good as the worst of its images, and no better than partial where some are not known. */
function worstOf(images: readonly PlatformReport[], missing: readonly string[]) {
  const [first] = images
  if (first === undefined) return { state: 'unsupported' as const, reasons: ['it names no image', ...missing] }
  const states = ['failed', 'waiting', 'unsupported', 'no-data', 'end-of-life', 'partial', 'complete'] as const
  const worst = states.find((each) => images.some((image) => image.state === each)) ?? 'complete'
  const state = worst === 'complete' && missing.length > 0 ? 'partial' : worst
  const counts = { ...first.counts }
  for (const severity of Object.keys(counts) as (keyof typeof counts)[])
    counts[severity] = Math.max(...images.map((image) => image.counts[severity]))
  return { state, reasons: [...new Set([...missing, ...images.flatMap(({ reasons }) => reasons)])], counts }
}
