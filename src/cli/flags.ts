import { type Command, InvalidArgumentError, Option } from 'commander'
import { environment, provide } from '../config/environment.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Offline } from './offline.ts'

export interface Flags {
  readonly config?: string
  readonly insecureHttp?: boolean
  readonly [flag: string]: unknown
}

/** For commands that work on the data of a registry, beside the server or without one. */
export function withConfig(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file, YAML (or BERTH_CONFIG)')
    .option('--data <dir>', 'folder of the database and the blobs (default ./data)')
    .option('--database <url>', 'postgres://… (default: SQLite in the data folder)')
    .option('--storage <url>', 's3://, azure:// or gs:// (default: files in the data folder)')
}

const DATA_FLAGS = [
  ['--data <dir>', 'data'],
  ['--database <url>', 'database'],
  ['--storage <url>', 'storage'],
] as const

/** The configuration that these flags, the environment and the file make. @throws ConfigError */
export async function loadFlags(
  flags: Flags,
  keys: readonly (readonly [flag: string, key: string, ...rest: unknown[]])[] = DATA_FLAGS,
): Promise<LoadedConfig> {
  const values: Record<string, unknown> = { insecureHttp: flags.insecureHttp }
  for (const [flag, key] of keys) values[key] = flags[new Option(flag).attributeName()]
  const { loadConfig } = await import('../config/load.ts')
  const loaded = await loadConfig({ file: flags.config, environment, flags: values })
  for (const name of loaded.unknownVariables)
    process.stderr.write(`${name} is not a configuration key and was ignored; "berth config print" shows them all\n`)
  provide(loaded.converted?.variables ?? {})
  return loaded
}

/** Users, groups, projects and the rest live in the data folder. */
export async function offlineOf(flags: Flags): Promise<Offline> {
  const { config, origins } = await loadFlags(flags)
  return { data: config.data, database: config.database, storage: config.storage, config, origins }
}

export function parseDays(text: string): number {
  const days = Number(text)
  if (Number.isInteger(days) && days > 0 && days <= 3650) return days
  throw new InvalidArgumentError('a number of days, 1 to 3650')
}

/** Of a grant or a rule, as their lists show it. @throws Error with a sentence for people */
export function parseNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new Error(`"${text}" is not one of the numbers that the list shows`)
}
