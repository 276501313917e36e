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

export interface TrivyOptions extends ToolOptions {
  /** Another Trivy that has the data. */
  readonly server?: string | undefined
  /** Where its data comes from, such as a mirror here: `registry.example/mirror/trivy-db:2`. */
  readonly dbRepository?: string | undefined
}

/** https://trivy.dev: the command, which takes the image from us as anybody would. */
export function createTrivy(options: TrivyOptions): ExternalScanner {
  const cache = { TRIVY_CACHE_DIR: `${options.folder}/cache`, TRIVY_NO_PROGRESS: 'true' }
  return {
    describe: async (signal) => {
      const result = await runCommand(options, { args: ['version', '--format', 'json'], env: cache }, signal)
      const { Version, VulnerabilityDB } = parseReport(versionSchema, requireSuccess(options, result), options.program)
      const updatedAt = findDate(VulnerabilityDB?.UpdatedAt ?? undefined)
      return {
        ...{ name: 'Trivy', vendor: 'Aqua Security', version: plain(Version ?? '', 100) },
        capabilities: [TOOL_CAPABILITY],
        ...(updatedAt && { dataUpdatedAt: updatedAt }),
      }
    },
    scan: async (target, signal) => {
      const command = { args: argumentsOf(options, target), env: { ...cache, ...credentialsOf(target) } }
      const result = await runCommand(options, command, signal)
      const raw = requireSuccess(options, result, target)
      const report = parseReport(trivySchema, raw, options.program)
      return { report: toReport(report, options.name), raw }
    },
  }
}

/** Flags only where there is no secret in them: arguments can be read by everybody on the machine. */
function argumentsOf(options: TrivyOptions, target: ScanTarget): string[] {
  const { timeoutMs, server, skipUpdate, insecure, dbRepository } = options
  const { reference, isPlain } = referenceOf(target)
  return [
    ...['image', '--quiet', '--format', 'json', '--scanners', 'vuln', '--image-src', 'remote'],
    ...['--timeout', `${Math.ceil(timeoutMs / 1000)}s`],
    ...(server === undefined ? [] : ['--server', server]),
    ...(skipUpdate ? ['--skip-db-update', '--skip-java-db-update', '--offline-scan'] : []),
    // Without it, Trivy takes no registry that speaks plain HTTP.
    ...(insecure || isPlain ? ['--insecure'] : []),
    ...(dbRepository === undefined ? [] : ['--db-repository', dbRepository]),
    reference,
  ]
}

function credentialsOf(target: ScanTarget): Record<string, string> {
  const { username, password, token } = parseAuthorization(target.authorization)
  return {
    ...(username === undefined ? {} : { TRIVY_USERNAME: username }),
    ...(password === undefined ? {} : { TRIVY_PASSWORD: password }),
    ...(token === undefined ? {} : { TRIVY_REGISTRY_TOKEN: token }),
    ...(referenceOf(target).isPlain ? { TRIVY_NON_SSL: 'true' } : {}),
  }
}

const text = z.string().nullish()

const versionSchema = z.object({
  Version: text,
  VulnerabilityDB: z.object({ UpdatedAt: text }).nullish(),
})

const number = z.number().nullish().catch(null)
const cvss = z.object({
  V2Vector: text,
  V3Vector: text,
  V40Vector: text,
  V2Score: number,
  V3Score: number,
  V40Score: number,
})

const itemSchema = z.object({
  VulnerabilityID: z.string().min(1).max(255),
  VendorIDs: z.array(z.string().max(255)).max(100).nullish(),
  PkgName: z.string().max(1000).nullish(),
  PkgIdentifier: z.object({ PURL: z.string().max(8192).nullish() }).nullish(),
  InstalledVersion: z.string().max(1000).nullish(),
  FixedVersion: z.string().max(4000).nullish(),
  SeveritySource: text,
  PrimaryURL: text,
  DataSource: z.object({ ID: text }).nullish(),
  Title: text,
  Description: text,
  Severity: text,
  CVSS: z.record(z.string().max(100), cvss).nullish(),
  PublishedDate: text,
})
type TrivyItem = z.infer<typeof itemSchema>

const trivySchema = z.object({
  SchemaVersion: z.literal(2),
  Metadata: z.object({ OS: z.object({ Family: text, Name: text, EOSL: z.boolean().nullish() }).nullish() }).nullish(),
  Results: z
    .array(z.object({ Vulnerabilities: z.array(itemSchema).max(MAX_FINDINGS).nullish() }))
    .max(100_000)
    .nullish(),
})

function toReport({ Metadata, Results }: z.infer<typeof trivySchema>, scanner: string) {
  const findings = (Results ?? []).flatMap(({ Vulnerabilities }) =>
    (Vulnerabilities ?? []).map((each) => toFinding(each, scanner)),
  )
  const os = Metadata?.OS
  if (os?.EOSL === true) {
    const reason = plain(`${os.Family ?? ''} ${os.Name ?? ''} has no support any more`, 200)
    return { state: 'end-of-life' as const, reasons: [reason], findings }
  }
  // It writes no results at all where it understood nothing.
  if ((Results ?? []).length === 0)
    return { state: 'unsupported' as const, reasons: ['Trivy found nothing in it that it understands'], findings }
  return { state: 'complete' as const, reasons: [], findings }
}

function toFinding(item: TrivyItem, scanner: string): ExternalFinding {
  const severity = parseSeverity(item.Severity ?? undefined)
  const fixedVersion = item.FixedVersion?.trim() ?? ''
  const published = findDate(item.PublishedDate ?? undefined)
  const aliases = (item.VendorIDs ?? []).map((id) => plain(id))
  return {
    ...{ vulnerability: plain(item.VulnerabilityID), aliases, severity },
    summary: plain(item.Title ?? item.Description ?? ''),
    ratings: [{ source: plain(item.SeveritySource ?? scanner, 100), severity }, ...ratingsOf(item)],
    ...{ purl: plain(item.PkgIdentifier?.PURL ?? '', 8192), package: plain(item.PkgName ?? '') },
    version: plain(item.InstalledVersion ?? ''),
    ...(fixedVersion === '' ? {} : { fixedVersion: plain(fixedVersion) }),
    advisory: aliases[0] ?? plain(item.VulnerabilityID),
    ...(published && { published }),
    scanner,
  }
}

function ratingsOf({ CVSS }: TrivyItem) {
  return Object.entries(CVSS ?? {})
    .slice(0, 20)
    .flatMap(([source, said]) => [
      ...cvssRating({ source: `${source} cvss-v4`, score: said.V40Score, vector: said.V40Vector }),
      ...cvssRating({ source: `${source} cvss-v3`, score: said.V3Score, vector: said.V3Vector }),
      ...cvssRating({ source: `${source} cvss-v2`, score: said.V2Score, vector: said.V2Vector }),
    ])
}
