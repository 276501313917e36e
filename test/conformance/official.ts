/**
 * Runs the specification's own conformance programs: `bun test/conformance/official.ts [URL]`.
 * Without a URL, against a server of ours that it starts. Ends with 1 when a case fails.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRegistry } from '../support/registry.ts'
import { buildSuite, OFFICIAL_SUITES, type OfficialSuite, runSuite } from './support/official-suites.ts'
import { SPARSE } from './support/sparse.ts'

async function main(given: string | undefined): Promise<number> {
  if (Bun.which('go') === null) {
    console.log('skipped: no Go toolchain')
    return 0
  }
  const folder = await mkdtemp(join(tmpdir(), 'berth-official-'))
  const registry = given === undefined ? await startRegistry(SPARSE) : undefined
  try {
    const url = new URL(given ?? registry?.url ?? '')
    let failures = 0
    for (const suite of OFFICIAL_SUITES) failures += await runOne(suite, url, folder)
    return failures > 0 ? 1 : 0
  } finally {
    await registry?.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function runOne(suite: OfficialSuite, url: URL, folder: string): Promise<number> {
  const built = await buildSuite(suite, folder)
  if ('why' in built) {
    console.log(`${suite.name}: skipped: ${built.why}`)
    return 0
  }
  const resultsDir = join(folder, `results-${suite.version}`)
  await mkdir(resultsDir)
  const { counts, failures } = await runSuite(suite, built.program, { url, resultsDir })
  const summary = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
  console.log(`${suite.name}: ${summary.join(', ')}`)
  for (const failure of failures) console.log(`  FAIL ${failure.replaceAll('\n', '\n    ')}`)
  return failures.length
}

process.exitCode = await main(process.argv[2])
