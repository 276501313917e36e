import type { Command } from 'commander'
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

/** What commander calls it: `--tls-cert <file>` is `tlsCert`. */
export function attributeOf(flag: string): string {
  const [long = ''] = flag.split(' ')
  return long.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** The configuration that these flags, the environment and the file make. @throws ConfigError */
export async function loadFlags(
  flags: Flags,
  keys: readonly (readonly [flag: string, key: string, ...rest: unknown[]])[] = DATA_FLAGS,
): Promise<LoadedConfig> {
  const values: Record<string, unknown> = { insecureHttp: flags.insecureHttp }
  for (const [flag, key] of keys) values[key] = flags[attributeOf(flag)]
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

/** Of a grant or a rule, as their lists show it. @throws Error with a sentence for people */
export function parseNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new Error(`"${text}" is not one of the numbers that the list shows`)
}
