import type { Command } from 'commander'
import { environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import type { FindingsReport } from '../inventory/finding.ts'
import type { Digest } from '../oci/digest.ts'
import { SEVERITIES } from '../packages/severity.ts'
import type { Registry } from '../registry/registry.ts'
import { countBySeverity, toReportBody } from '../scanning/bodies.ts'
import { LOOK_INSIDE } from '../inside/apart.ts'
import { WORK_APART } from '../scanning/apart.ts'
import { scanUntilIdle } from '../scanning/scan-process.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { localPlatform } from './local-image.ts'
import { withRegistry } from './offline.ts'
import { SCAN_IMAGES } from './scan-process.ts'
import { processLog } from './serving.ts'
import { workApart } from './work-apart.ts'
import { lookInside } from './look-inside.ts'
import { print, printTable } from './output.ts'

const PLATFORM = 'of an index: which of its images, for example linux/arm64'

export function addScanCommands(program: Command): void {
  program.command(SCAN_IMAGES, { hidden: true }).action(scanImages)
  program.command(WORK_APART, { hidden: true }).action(workApart)
  program.command(LOOK_INSIDE, { hidden: true }).action(lookInside)
  withConfig(program.command('scan <image>').description('Look into REPOSITORY:TAG now, and show its vulnerabilities.'))
    .option('--platform <platform>', PLATFORM)
    .option('--json', 'print the report as the admin API has it')
    .action(async (image: string, flags: Flags) => {
      const offline = await offlineOf(flags)
      await withRegistry(offline, async (registry, _m, { findings }) => {
        const { spot, digest } = await localPlatform(registry, image, platformOf(flags))
        await scanNow(offline.config, registry, digest)
        printReport(digest, await findings.reportOf(spot, digest), flags)
      })
    })
  withConfig(
    program.command('report <image>').description('Show the vulnerabilities of REPOSITORY:TAG, as they are known.'),
  )
    .option('--platform <platform>', PLATFORM)
    .option('--json', 'print it as the admin API has it')
    .action(async (image: string, flags: Flags) =>
      withRegistry(await offlineOf(flags), async (registry, _m, { findings }) => {
        const { spot, digest } = await localPlatform(registry, image, platformOf(flags))
        printReport(digest, await findings.reportOf(spot, digest), flags)
      }),
    )
}

async function scanNow(config: Config, registry: Registry, digest: Digest): Promise<void> {
  const { lookIntoNow } = await import('../scanning/scan-now.ts')
  await lookIntoNow({ config, registry }, digest)
}

/** For a running server, which says what its configuration is. */
async function scanImages(): Promise<void> {
  const config = JSON.parse(environment.BERTH_WORKER_CONFIG ?? '') as Config
  const { data, database, storage } = config
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort())
  // The server that started it is gone, and starts it again.
  const orphaned = () => process.exit(1)
  process.on('disconnect', orphaned)
  await withRegistry({ data, database, storage, config }, (registry) =>
    scanUntilIdle(
      { config, registry, log: processLog(config), onProgress: (progress) => process.send?.(progress) },
      stopping.signal,
    ),
  )
  process.off('disconnect', orphaned)
  process.disconnect?.()
}

function platformOf({ platform }: Flags): string | undefined {
  return typeof platform === 'string' ? platform : undefined
}

function printReport(digest: string, report: FindingsReport, { json }: Flags): void {
  if (json === true) {
    print(JSON.stringify(toReportBody(digest, report), undefined, 2))
    return
  }
  const { state, reasons, packages, dataUpdatedAt, findings } = report
  print(`${digest}: ${state}, ${packages} packages, vulnerability data of ${dataUpdatedAt?.toISOString() ?? 'never'}.`)
  for (const reason of reasons) print(`  ${reason}`)
  printTable(
    findings.map(({ severity, vulnerability, package: name, version, fixedVersion, suppressed }) => [
      ...[severity, vulnerability, `${name} ${version}`],
      fixedVersion === undefined ? 'no fix yet' : `fixed in ${fixedVersion}`,
      suppressed === undefined ? '' : `does not count: ${suppressed.reason}`,
    ]),
  )
  const counts = countBySeverity(findings)
  print(
    SEVERITIES.toReversed()
      .map((severity) => `${severity} ${counts[severity]}`)
      .join(', '),
  )
}
