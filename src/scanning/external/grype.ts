import { z } from 'zod'
import { type ExternalFinding, type ExternalScanner, MAX_FINDINGS, type ScanTarget } from './external-scanner.ts'
import { cvssRating } from './harbor-documents.ts'
import { findDate, parseAuthorization, parseSeverity, plain } from './said.ts'
import {
  parseReport,
  referenceOf,
  requireSuccess,
  runCommand,
  TOOL_CAPABILITY,
  type ToolOptions,
} from './tool-scanner.ts'

/** https://github.com/anchore/grype: the command, which takes the image from us as anybody would. */
export function createGrype(options: ToolOptions): ExternalScanner {
  const own = {
    GRYPE_DB_CACHE_DIR: `${options.folder}/cache`,
    GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    ...(options.skipUpdate ? { GRYPE_DB_AUTO_UPDATE: 'false', GRYPE_DB_VALIDATE_AGE: 'false' } : {}),
  }
  return {
    describe: async (signal) => {
      const result = await runCommand(options, { args: ['version', '-o', 'json'], env: own }, signal)
      const { version } = parseReport(versionSchema, requireSuccess(options, result), options.program)
      // It has no data before its first scan, and fails then.
      const status = await runCommand(options, { args: ['db', 'status', '-o', 'json'], env: own }, signal)
      const built = status.code === 0 ? parseReport(statusSchema, status.stdout, options.program).built : undefined
      const updatedAt = findDate(built ?? undefined)
      return {
        ...{ name: 'Grype', vendor: 'Anchore', version: plain(version ?? '', 100), capabilities: [TOOL_CAPABILITY] },
        ...(updatedAt && { dataUpdatedAt: updatedAt }),
      }
    },
    scan: async (target, signal) => {
      const args = ['--quiet', '-o', 'json', `registry:${referenceOf(target).reference}`]
      const result = await runCommand(options, { args, env: { ...own, ...credentialsOf(options, target) } }, signal)
      const raw = requireSuccess(options, result, target)
      return { report: toReport(parseReport(grypeSchema, raw, options.program), options.name), raw }
    },
  }
}

function credentialsOf({ insecure }: ToolOptions, target: ScanTarget): Record<string, string> {
  const { username, password, token } = parseAuthorization(target.authorization)
  const { host, isPlain } = referenceOf(target)
  return {
    GRYPE_REGISTRY_AUTH_AUTHORITY: host,
    ...(username === undefined ? {} : { GRYPE_REGISTRY_AUTH_USERNAME: username }),
    ...(password === undefined ? {} : { GRYPE_REGISTRY_AUTH_PASSWORD: password }),
    ...(token === undefined ? {} : { GRYPE_REGISTRY_AUTH_TOKEN: token }),
    ...(isPlain ? { GRYPE_REGISTRY_INSECURE_USE_HTTP: 'true' } : {}),
    ...(insecure ? { GRYPE_REGISTRY_INSECURE_SKIP_TLS_VERIFY: 'true' } : {}),
  }
}

const text = z.string().nullish()

const versionSchema = z.object({ version: text })
const statusSchema = z.object({ built: text })

const cvss = z.object({
  version: text,
  vector: text,
  metrics: z.object({ baseScore: z.number().nullish().catch(null) }).nullish(),
})

const matchSchema = z.object({
  vulnerability: z.object({
    id: z.string().min(1).max(255),
    namespace: text,
    severity: text,
    description: text,
    cvss: z.array(cvss).max(100).nullish(),
    fix: z.object({ versions: z.array(z.string().max(1000)).max(1000).nullish() }).nullish(),
  }),
  relatedVulnerabilities: z
    .array(z.object({ id: z.string().max(255), description: text }))
    .max(1000)
    .nullish(),
  artifact: z.object({
    name: z.string().max(1000).nullish(),
    version: z.string().max(1000).nullish(),
    purl: z.string().max(8192).nullish(),
  }),
})
type GrypeMatch = z.infer<typeof matchSchema>

/** The data's time stands in `db` until version 5 of it, and in `db.status` since. */
const grypeSchema = z.object({
  matches: z.array(matchSchema).max(MAX_FINDINGS),
  descriptor: z
    .object({
      db: z
        .object({ built: text, status: z.object({ built: text }).nullish() })
        .nullish()
        .catch(null),
    })
    .nullish(),
})

function toReport({ matches, descriptor }: z.infer<typeof grypeSchema>, scanner: string) {
  const updatedAt = findDate(descriptor?.db?.status?.built ?? descriptor?.db?.built ?? undefined)
  const findings = matches.map((match) => toFinding(match, scanner))
  return { state: 'complete' as const, reasons: [], findings, ...(updatedAt && { dataUpdatedAt: updatedAt }) }
}

function toFinding({ vulnerability, relatedVulnerabilities, artifact }: GrypeMatch, scanner: string): ExternalFinding {
  const severity = parseSeverity(vulnerability.severity ?? undefined)
  const related = (relatedVulnerabilities ?? []).map(({ id }) => plain(id))
  const own = plain(vulnerability.id)
  // Its matches have the record's name: GHSA-… of a CVE that most people know.
  const known = own.startsWith('CVE-') ? own : (related.find((id) => id.startsWith('CVE-')) ?? own)
  const [fixedVersion = ''] = vulnerability.fix?.versions ?? []
  const summary = vulnerability.description ?? relatedVulnerabilities?.[0]?.description ?? ''
  return {
    ...{ vulnerability: known, aliases: [...new Set([own, ...related])].filter((id) => id !== known) },
    ...{ summary: plain(summary), severity },
    ratings: [
      { source: plain(vulnerability.namespace ?? scanner, 100), severity },
      ...(vulnerability.cvss ?? []).flatMap(({ version, vector, metrics }) =>
        cvssRating({ source: `cvss-v${version ?? ''}`, score: metrics?.baseScore, vector }),
      ),
    ],
    ...{ purl: plain(artifact.purl ?? '', 8192), package: plain(artifact.name ?? '') },
    version: plain(artifact.version ?? ''),
    ...(fixedVersion === '' ? {} : { fixedVersion: plain(fixedVersion) }),
    ...{ advisory: own, scanner },
  }
}
