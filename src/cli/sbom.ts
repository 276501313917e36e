import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { writeSbom } from '../scanning/sbom-routes.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { localPlatform } from './local-image.ts'
import { withRegistry } from './offline.ts'

const FORMATS = ['cyclonedx', 'spdx'] as const
type Format = (typeof FORMATS)[number]

interface SbomFlags extends Flags {
  readonly format: Format
  readonly platform?: string
  readonly vulnerabilities?: boolean
}

export function addSbomCommands(program: Command): void {
  withConfig(
    program
      .command('sbom <image>')
      .description('Print a bill of materials of REPOSITORY:TAG: CycloneDX 1.6 or SPDX 2.3, JSON.'),
  )
    .option('--format <format>', FORMATS.join(' or '), parseFormat, 'cyclonedx')
    .option('--vulnerabilities', 'with the findings; CycloneDX only')
    .option('--platform <platform>', 'of an index: which of its images, for example linux/arm64')
    .action(async (image: string, flags: SbomFlags) =>
      withRegistry(await offlineOf(flags), async (registry, _m, { findings }) => {
        const { spot, digest } = await localPlatform(registry, image, flags.platform)
        const withFindings = flags.vulnerabilities === true
        const document = await writeSbom(registry, { findings }, { spot, digest, format: flags.format, withFindings })
        process.stdout.write(`${new TextDecoder().decode(document).trimEnd()}\n`)
      }),
    )
}

function parseFormat(text: string): Format {
  const format = FORMATS.find((each) => each === text)
  if (format === undefined) throw new InvalidArgumentError(FORMATS.join(' or '))
  return format
}
