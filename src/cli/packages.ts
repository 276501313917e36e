import type { Command } from 'commander'
import type { ReportTrust } from '../inventory/compare/compare-findings.ts'
import { loadInventory } from '../inventory/load.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import { Problem } from '../lib/problem.ts'
import { parseRepositoryName } from '../oci/name.ts'
import { compareStored } from '../scanning/compare-stored.ts'
import { searchImages } from '../scanning/search.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { localPlatform } from './local-image.ts'
import { withRegistry } from './offline.ts'
import { print, printTable } from './output.ts'

interface FindFlags extends Flags {
  readonly below?: string
  readonly type?: string
  readonly vulnerability?: string
}

const PLATFORM = 'of an index: which of its images, for example linux/arm64'
const PAGE = 500

export function addPackageCommands(program: Command): void {
  const packages = program.command('packages').description('See what is inside of images.')
  withConfig(packages.command('list <image>').description('List the packages of REPOSITORY:TAG.'))
    .option('--platform <platform>', PLATFORM)
    .action(async (image: string, flags: Flags & { platform?: string }) =>
      withRegistry(await offlineOf(flags), async (registry) => {
        const { spot, digest } = await localPlatform(registry, image, flags.platform)
        const inventory = await loadInventory(registry.database.reader, spot, digest)
        if (inventory === undefined) throw new Problem('not-found', `nobody looked into it yet: berth scan ${image}`)
        printTable(inventory.packages.map(({ type, name, version, path }) => [type, name, version, path]))
        print(`${inventory.packages.length} packages, ${inventory.state}.`)
        for (const reason of inventory.facts.reasons) print(`  ${reason}`)
      }),
    )
  addFind(packages)
  addCompare(program)
}

function addFind(packages: Command): void {
  withConfig(
    packages
      .command('find [name]')
      .description('List the images that have a package, a version below one, or a vulnerability.'),
  )
    .option('--below <version>', 'only versions before this one')
    .option('--type <type>', 'deb, apk, rpm, npm, pypi, golang, cargo, maven, gem, nuget or composer')
    .option('--vulnerability <id>', 'only packages with this one, for example CVE-2024-3094')
    .action(async (name: string | undefined, flags: FindFlags) =>
      withRegistry(await offlineOf(flags), async ({ database }) => {
        const { below, type, vulnerability } = flags
        let after: string | undefined = ''
        while (after !== undefined) {
          const found = await searchImages(
            database,
            { name, below, type, vulnerability },
            { after, limit: PAGE, mayPull: async () => true },
          )
          printTable(
            found.items.map(({ repository, digest, tags, package: each }) => [
              ...[`${repository}@${digest}`, tags.join(','), `${each.name} ${each.version}`],
            ]),
          )
          after = found.next
        }
      }),
    )
}

function addCompare(program: Command): void {
  withConfig(
    program.command('compare <repository> <from> <to>').description('What changed between two tags of a repository.'),
  )
    .option('--platform <platform>', PLATFORM)
    .option('--json', 'print it as the admin API has it')
    .action(async (name: string, from: string, to: string, flags: Flags & { platform?: string }) =>
      withRegistry(await offlineOf(flags), async (registry, _m, { findings }) => {
        const repository = parseRepositoryName(name)
        const at = async (text: string) =>
          localPlatform(
            registry,
            text.includes(':') ? `${repository}@${text}` : `${repository}:${text}`,
            flags.platform,
          )
        const [first, second] = [await at(from), await at(to)]
        const page = { after: '', limit: 1000 }
        const question = { spot: first.spot, from: first.digest, to: second.digest, page }
        const compared = await compareStored({ registry, findings }, question)
        if (flags.json === true) print(JSON.stringify(compared, undefined, 2))
        else printComparison(compared)
      }),
    )
}

function printComparison({
  packages,
  files,
  vulnerabilities,
  configuration,
}: Awaited<ReturnType<typeof compareStored>>) {
  printTable([
    ...packages.added.map(({ name, version }) => ['+', name, version]),
    ...packages.removed.map(({ name, version }) => ['-', name, version]),
    ...packages.changed.map(({ name, before, after }) => ['~', name, `${before} → ${after}`]),
  ])
  for (const { name, before = '', after = '' } of configuration) print(`${name}: ${before} → ${after}`)
  if (files !== undefined)
    print(
      `Files: ${files.added.count} added, ${files.removed.count} removed, ${files.changed.count} changed; ${formatByteSize(files.bytesBefore)} → ${formatByteSize(files.bytesAfter)}.`,
    )
  if (vulnerabilities === undefined) return
  print(`Vulnerabilities: ${vulnerabilities.introduced.length} introduced, ${vulnerabilities.fixed.length} fixed.`)
  printTrust('first', vulnerabilities.before)
  printTrust('second', vulnerabilities.after)
}

/** Numbers of what was not looked into whole are no news, good or bad: said beside them. */
function printTrust(which: string, { state, reasons }: ReportTrust) {
  if (state === 'complete') return
  print(`The ${which} image's report is ${state}${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}.`)
}
