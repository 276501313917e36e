import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { systemClock } from '../lib/clock.ts'
import type { EcosystemUpdate } from '../vulndb/apply-steps.ts'
import { attributionsOf } from '../vulndb/attribution.ts'
import { runBuild } from '../vulndb/build-process.ts'
import type { DataStatus, EcosystemStatus } from '../vulndb/data-status.ts'
import { importVulnerabilityData } from '../vulndb/import.ts'
import { runMatch } from '../vulndb/match-process.ts'
import { openVulndb, updateVulnerabilityData } from '../vulndb/vulndb.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { print, printTable } from './output.ts'

interface VulndbFlags extends Flags {
  readonly ecosystem?: readonly string[]
}

export function addVulndbCommands(program: Command): void {
  const vulndb = program
    .command('vulndb')
    .description('What is known of vulnerabilities: data of OSV (osv.dev), in the data folder.')
  withConfig(
    vulndb
      .command('update')
      .description(
        'Bring it up to date now, as the server does on its schedule. Without --ecosystem: what is there, and what the configuration names. Ends with 1 when something failed.',
      ),
  )
    .option('--ecosystem <name>', 'as OSV calls it: Debian, npm, Go; again for each', collect)
    .action(async (flags: VulndbFlags) => report(await update(flags)))
  withConfig(
    vulndb
      .command('import <path>')
      .description(
        'Take it from a zip of one ecosystem, a folder with <Ecosystem>/all.zip as OSV lays them out, or one record as JSON. For registries that reach nothing. Ends with 1 when something failed.',
      ),
  )
    .option('--ecosystem <name>', 'whose data the zip is; of a folder, the only one to take')
    .action(async (path: string, flags: Flags & { readonly ecosystem?: string }) => {
      const { data } = await offlineOf(flags)
      const { ecosystem } = flags
      report(await importVulnerabilityData({ data, clock: systemClock }, { path, ecosystem }))
    })
  withConfig(vulndb.command('status').description('What is there, how old it is, and whose it is.')).action(
    async (flags: Flags) => printStatus(await openVulndb(await offlineOf(flags)).status()),
  )
  // Started by ourselves, with lines of JSON on standard input.
  vulndb.command('build', { hidden: true }).action(() => runBuild(inputLines(), print))
  vulndb.command('match', { hidden: true }).action(() => runMatch(inputLines(), writeLine))
}

async function update(flags: VulndbFlags): Promise<readonly EcosystemUpdate[]> {
  const { data, config } = await offlineOf(flags)
  const { source, allowPrivate, ecosystems: configured } = config.scanning.vulnerabilities
  const { ecosystems: known } = await openVulndb({ data }).status()
  const ecosystems = flags.ecosystem ?? [...known.map(({ ecosystem }) => ecosystem), ...configured]
  if (ecosystems.length === 0) throw new Error('say with --ecosystem what is wanted: Debian, npm, Go …')
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => stopping.abort(new Error('stopped; the data is what it was')))
  const parts = { data, source, allowPrivate, clock: systemClock }
  return updateVulnerabilityData(parts, { ecosystems, signal: stopping.signal })
}

function report(updates: readonly EcosystemUpdate[]): void {
  for (const update of updates) print(describe(update))
  if (updates.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1
}

function describe({ ecosystem, outcome, records, problem }: EcosystemUpdate): string {
  if (outcome === 'failed') return `${ecosystem}: failed: ${problem}`
  return outcome === 'unchanged' ? `${ecosystem}: nothing new` : `${ecosystem}: ${records} records read`
}

function printStatus({ version, records, sizeBytes, ecosystems }: DataStatus): void {
  if (version === undefined) print('There is no vulnerability data; "berth vulndb update" or "import" brings some.')
  else print(`Version ${version}: ${records} records, ${sizeBytes} bytes.`)
  if (ecosystems.length > 0)
    printTable([['ECOSYSTEM', 'RECORDS', 'UPDATED', 'NEWEST RECORD', 'FROM'], ...ecosystems.map(rowOf)])
  for (const { ecosystem, problem, triedAt } of ecosystems)
    if (problem !== undefined)
      print(`${ecosystem}: ${triedAt === undefined ? '' : `${triedAt.toISOString()}: `}${problem}`)
  for (const line of new Set(ecosystems.filter(({ records: each }) => each > 0).flatMap(creditsOf))) print(line)
}

function rowOf({ ecosystem, records, updatedAt, newestRecord, source }: EcosystemStatus): string[] {
  return [
    ecosystem,
    String(records),
    updatedAt?.toISOString() ?? 'never',
    newestRecord?.toISOString() ?? '',
    source ?? '',
  ]
}

function creditsOf({ ecosystem }: EcosystemStatus): string[] {
  return attributionsOf(ecosystem).map(({ source, license }) => `Data of ${source} (${license}), by way of OSV.`)
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

function inputLines(): AsyncIterable<string> {
  return createInterface({ input: process.stdin })
}

/** Waits until the other side has taken it. */
function writeLine(line: string): Promise<void> | void {
  if (process.stdout.write(`${line}\n`)) return
  return new Promise((resolve) => process.stdout.once('drain', resolve))
}
