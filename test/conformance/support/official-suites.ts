import { join } from 'node:path'

export interface OfficialSuite {
  readonly name: string
  /** The module has no tags of its own, so a version is a commit: its time and its name. */
  readonly version: string
  /** How Go builds it: the newer suite is a program, the older one a test. */
  readonly build: readonly string[]
  readonly environment: (url: URL, resultsDir: string) => Record<string, string>
}

export const MODULE = 'github.com/opencontainers/distribution-spec/conformance'

export const OFFICIAL_SUITES: readonly OfficialSuite[] = [
  {
    name: 'newer suite (main, OCI_VERSION=dev, sparse)',
    version: 'v0.0.0-20260716174315-967efdc079b9',
    build: ['build'],
    environment: (url, resultsDir) => ({
      OCI_REGISTRY: url.host,
      OCI_TLS: url.protocol === 'https:' ? 'enabled' : 'disabled',
      OCI_REPO1: 'official/newer/one',
      OCI_REPO2: 'official/newer/two',
      OCI_VERSION: 'dev',
      OCI_DATA_SPARSE: 'true',
      OCI_RESULTS_DIR: resultsDir,
      OCI_LOG: 'error',
    }),
  },
  {
    name: 'older suite (v1.1.1)',
    version: 'v0.0.0-20250123160558-a139cc423184',
    build: ['test', '-c'],
    environment: (url, resultsDir) => ({
      OCI_ROOT_URL: url.origin,
      OCI_NAMESPACE: 'official/older/one',
      OCI_CROSSMOUNT_NAMESPACE: 'official/older/two',
      OCI_TEST_PULL: '1',
      OCI_TEST_PUSH: '1',
      OCI_TEST_CONTENT_DISCOVERY: '1',
      OCI_TEST_CONTENT_MANAGEMENT: '1',
      OCI_AUTOMATIC_CROSSMOUNT: '1',
      OCI_REPORT_DIR: resultsDir,
    }),
  },
]

export interface Built {
  readonly program: string
}

/** Why there is no program, in Go's words. */
export interface NotBuilt {
  readonly why: string
}

export async function buildSuite(suite: OfficialSuite, folder: string): Promise<Built | NotBuilt> {
  const source = await sourceOf(suite)
  if ('why' in source) return source
  const program = join(folder, suite.version)
  const built = await go(['-C', source.folder, ...suite.build, '-mod=mod', '-o', program, '.'])
  return built.code === 0 ? { program } : { why: built.error }
}

async function sourceOf(suite: OfficialSuite): Promise<{ folder: string } | NotBuilt> {
  const module = `${MODULE}@${suite.version}`
  const { code, output, error } = await go(['mod', 'download', '-json', module])
  const folder = /"Dir": "([^"]+)"/.exec(output)?.[1]
  if (code === 0 && folder !== undefined) return { folder }
  const why = /"Error": "([^\n]+)"/.exec(output)?.[1]?.replaceAll('\\n\\t', ' ')
  return { why: why ?? `${module}: ${error}` }
}

async function go(args: readonly string[]): Promise<{ code: number; output: string; error: string }> {
  const child = Bun.spawn(['go', ...args], { stdout: 'pipe', stderr: 'pipe', env: { ...process.env, GOFLAGS: '' } })
  const [output, error] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, output, error: error.trim() }
}

export interface Outcome {
  readonly counts: Readonly<Record<string, number>>
  readonly failures: readonly string[]
}

export async function runSuite(suite: OfficialSuite, program: string, where: { url: URL; resultsDir: string }) {
  const environment = suite.environment(where.url, where.resultsDir)
  const child = Bun.spawn([program], {
    cwd: where.resultsDir,
    env: { ...process.env, ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  // The newer one exits with 0 even when it cannot read its own settings: only a report says that it ran.
  const report = Bun.file(join(where.resultsDir, 'junit.xml'))
  return (await report.exists()) ? readReport(await report.text()) : { counts: {}, failures: [`no report:\n${output}`] }
}

/**
 * JUnit as the two write it. The newer says `failure` or `error` and why in `system-out`, the older `failed` and why in
 * an attribute. A case here may be several in the newer one's own sum, which counts a deletion and its effect as two.
 */
export function readReport(xml: string): Outcome {
  const counts: Record<string, number> = {}
  const failures: string[] = []
  for (const [, attributes = '', body = ''] of xml.matchAll(/<testcase\b([^>]*)>(.*?)<\/testcase>/gs)) {
    const status = attributeOf(attributes, 'status')
    counts[status] = (counts[status] ?? 0) + 1
    if (status === 'passed' || status === 'skipped') continue
    const why = attributeOf(/<failure\b([^>]*)>/.exec(body)?.[1] ?? '', 'message')
    const said = unescapeXml(/<system-out>(.*?)<\/system-out>/s.exec(body)?.[1] ?? '')
    failures.push(`${attributeOf(attributes, 'name')}: ${why === '' ? said : why}`)
  }
  return { counts, failures }
}

function attributeOf(attributes: string, name: string): string {
  return unescapeXml(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replaceAll(/&(?:#(x?)([0-9a-fA-F]+)|(\w+));/g, (_, hex: string, code: string, word?: string) =>
    word === undefined ? String.fromCodePoint(Number.parseInt(code, hex === 'x' ? 16 : 10)) : (named[word] ?? ''),
  )
}
