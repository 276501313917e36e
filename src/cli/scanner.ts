import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { requireFound } from '../access/management.ts'
import { createManagement } from '../app.ts'
import { readSecretFile, readTextFile } from '../auth/secret-file.ts'
import { environment } from '../config/environment.ts'
import { systemClock } from '../lib/clock.ts'
import { secretsOf } from '../remotes/open-remotes.ts'
import { askScanner } from '../scanning/external/ask-scanner.ts'
import {
  addScanner,
  rekeyScanners,
  removeScanner,
  type ScannerManagement,
  setScannerEnabled,
} from '../scanning/external/manage-scanners.ts'
import type { ScannerParts } from '../scanning/external/open-scanner.ts'
import { AUTHENTICATIONS, SCANNER_KINDS } from '../scanning/external/scanner-settings.ts'
import { findScanner, listScanners, type StoredScanner } from '../scanning/external/store.ts'
import { ensureFolder } from '../storage/filesystem.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { BY_OPERATOR, withDatabase } from './offline.ts'
import { print, printTable } from './output.ts'
import { processLog } from './serving.ts'
import { readPassword } from './password.ts'

export interface AddFlags extends Flags {
  readonly authentication?: string
  readonly username?: string
  readonly secretFile?: string
  readonly secretStdin?: boolean
  readonly ca?: string
  readonly allowPrivate?: boolean
  readonly skipUpdate?: boolean
  readonly insecure?: boolean
  readonly trivyServer?: string
  readonly dbRepository?: string
  readonly registryUrl?: string
  readonly timeout?: number
}

export function addScannerCommands(program: Command): void {
  const scanner = program.command('scanner').description('Scanners besides this registry’s own.')
  addAddCommand(scanner)
  withConfig(scanner.command('list').description('List the scanners.')).action(async (flags: Flags) =>
    withScanners(flags, async ({ m }) => {
      const found = await listScanners(m.database.reader, '', 100_000)
      printTable(found.map((each) => [each.name, each.settings.kind, placeOf(each), each.isEnabled ? 'on' : 'off']))
    }),
  )
  withConfig(scanner.command('test <name>').description('Ask a scanner who it is, and how old its data is.')).action(
    async (name: string, flags: Flags) =>
      withScanners(flags, async (parts) => {
        const found = requireFound(await findScanner(parts.m.database.reader, name), `scanner "${name}"`)
        const asked = await askScanner(parts, found)
        if ('description' in asked) {
          const { vendor, version, dataUpdatedAt } = asked.description
          const age = dataUpdatedAt === undefined ? 'it does not say how old its data is' : dataUpdatedAt.toISOString()
          return printTable([
            ['Scanner', `${asked.description.name} ${version} (${vendor})`],
            ['Data', age],
          ])
        }
        print(`"${name}" cannot be used: ${asked.problem}`)
        process.exitCode = 1
      }),
  )
  for (const isEnabled of [true, false])
    withConfig(
      scanner
        .command(`${isEnabled ? 'enable' : 'disable'} <name>`)
        .description(
          isEnabled
            ? 'Ask a scanner again.'
            : 'Do not ask a scanner any more; what it found is kept, and does not count.',
        ),
    ).action(async (name: string, flags: Flags) => {
      await withScanners(flags, (parts) => setScannerEnabled(parts, BY_OPERATOR, name, isEnabled))
      print(`The scanner "${name}" is ${isEnabled ? 'asked again' : 'not asked any more'}.`)
    })
  withConfig(scanner.command('remove <name>').description('Forget a scanner, and what it found.')).action(
    async (name: string, flags: Flags) => {
      await withScanners(flags, (parts) => removeScanner(parts, BY_OPERATOR, name))
      print(`The scanner "${name}" was removed.`)
    },
  )
  addRekeyCommand(scanner)
}

function addRekeyCommand(scanner: Command): void {
  withConfig(
    scanner
      .command('rekey')
      .description(
        'Encrypt all stored secrets with the key in force; those in secrets.previousKeyFiles are then not needed.',
      ),
  ).action(async (flags: Flags) => {
    const count = await withScanners(flags, (parts) => rekeyScanners(parts, BY_OPERATOR))
    print(count === 0 ? 'Every secret was encrypted with this key already.' : `${count} secrets were encrypted anew.`)
  })
}

function addAddCommand(scanner: Command): void {
  withConfig(
    scanner
      .command('add <name> <kind> <place>')
      .description(
        `Make a scanner known. The kind is one of ${SCANNER_KINDS.join(', ')}; the place is the address of Harbor’s adapter API, or the program: its name in the PATH, or its path.`,
      ),
  )
    .addOption(
      new Option('--authentication <how>', 'how its secret is said to it (harbor)').choices([...AUTHENTICATIONS]),
    )
    .option('--username <name>', 'with --authentication basic (harbor)')
    .option('--secret-file <file>', 'file that holds its password, token or key; it is stored encrypted (harbor)')
    .option('--secret-stdin', 'the secret is asked for, or read from standard input (harbor)')
    .option('--ca <file>', 'authorities of its certificate, PEM (harbor)')
    .option('--allow-private', 'it may be at an address of a private network, or of this machine (harbor)')
    .option('--insecure-http', 'allow plain HTTP to another machine (harbor)')
    .option('--skip-update', 'it uses the data that it has, and fetches none (trivy, grype)')
    .option('--insecure', 'it takes a certificate of this registry that nobody knows (trivy, grype)')
    .option('--trivy-server <url>', 'another Trivy that has the data (trivy)')
    .option('--db-repository <repository>', 'where its data comes from, such as a mirror here (trivy)')
    .option('--registry-url <url>', 'how it reaches this registry, where that is not the external URL')
    .option('--timeout <seconds>', 'for a scan (default 1800)', parseSeconds)
    .action(async (name: string, kind: string, place: string, flags: AddFlags) => {
      const secret = await secretOf(flags)
      const settings = { kind, ...settingsOf(kind, place, flags) }
      const { insecureHttp: _, ...rest } = flags
      const made = await withScanners(rest, (parts) => addScanner(parts, BY_OPERATOR, { name, settings, secret }), true)
      printTable([
        ['Name', made.name],
        ['Kind', made.settings.kind],
        ['Place', placeOf(made)],
      ])
    })
}

/** What was not said is left out: each kind refuses what is of another. */
export function settingsOf(kind: string, place: string, flags: AddFlags): Readonly<Record<string, unknown>> {
  const { authentication, username, ca, allowPrivate, insecureHttp, skipUpdate, insecure } = flags
  const { trivyServer, dbRepository, registryUrl, timeout } = flags
  return withoutUndefined({
    ...(kind === 'harbor' ? { url: place } : { program: place }),
    ...{ authentication, username, ca: ca === undefined ? undefined : readTextFile(ca), allowPrivate, insecureHttp },
    ...{ skipUpdate, insecure, server: trivyServer, dbRepository, registryUrl, timeoutSeconds: timeout },
  })
}

function withoutUndefined(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

/** @throws Error with a sentence for people */
export async function secretOf({ secretFile, secretStdin }: AddFlags): Promise<string | undefined> {
  if (secretFile !== undefined && secretStdin === true) throw new Error('say --secret-file or --secret-stdin, not both')
  if (secretFile !== undefined) return readSecretFile(secretFile)
  if (secretStdin !== true) return undefined
  return process.stdin.isTTY ? await readPassword() : (await text(process.stdin)).replace(/\r?\n$/, '')
}

function placeOf({ settings }: StoredScanner): string {
  return settings.kind === 'harbor' ? settings.url : settings.program
}

function parseSeconds(value: string): number {
  const seconds = Number(value)
  if (Number.isInteger(seconds) && seconds >= 10) return seconds
  throw new InvalidArgumentError('a number of seconds, 10 or more')
}

/** Scanners and their secrets, worked on beside the server or without one. */
async function withScanners<T>(
  flags: Flags,
  work: (parts: ScannerManagement & ScannerParts) => Promise<T>,
  create = false,
): Promise<T> {
  const { config, ...place } = await offlineOf(flags)
  if (create && place.database === undefined) ensureFolder(resolve(place.data))
  return withDatabase({ ...place, create }, (database) => {
    const m = createManagement(config, database, systemClock, processLog(config))
    const folder = join(resolve(config.data), 'scanners')
    return work({ m, secrets: secretsOf(config), clock: systemClock, folder, environment })
  })
}
