import type { Command } from 'commander'
import { loadInventory } from '../inventory/load.ts'
import { Problem } from '../lib/problem.ts'
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
