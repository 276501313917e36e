import type { Command } from 'commander'
import type { LoadedConfig } from '../config/load.ts'
import { attributeOf, type Flags, loadFlags } from './flags.ts'

/** Flags of `berth serve`, and the configuration key that each one sets. */
const SERVE_FLAGS: readonly (readonly [flag: string, key: string, description: string])[] = [
  ['--listen <host:port>', 'listen', 'address to listen on (default 127.0.0.1:5000)'],
  ['--data <dir>', 'data', 'folder of the database and the blobs (default ./data)'],
  ['--database <url>', 'database', 'postgres://… (default: SQLite in the data folder)'],
  ['--storage <url>', 'storage', 's3://, azure:// or gs:// (default: files in the data folder)'],
  [
    '--adopt <place>',
    'adopt.adopted',
    'folder or bucket of another registry, to be served where it lies (docs/adopt.md)',
  ],
  ['--external-url <url>', 'externalUrl', 'address that clients use, when a proxy stands in front'],
  ['--anonymous <access>', 'auth.anonymous', 'none, pull or push without signing in'],
  ['--htpasswd <file>', 'auth.htpasswd.path', 'users from an htpasswd file (bcrypt)'],
  ['--workers <n|auto>', 'workers', 'processes that share the port'],
  ['--tls-cert <file>', 'tls.cert', 'certificate chain, PEM'],
  ['--tls-key <file>', 'tls.key', 'private key, PEM'],
  ['--tls-client-ca <file>', 'tls.clientCa', 'authorities of client certificates, PEM; every client must show one'],
  ['--log-level <level>', 'log.level', 'debug, info, warn or error'],
]

export function withServeFlags(command: Command): Command {
  command.option('--config <file>', 'configuration file, YAML (or BERTH_CONFIG)')
  for (const [flag, , description] of SERVE_FLAGS) command.option(flag, description)
  return command.option('--insecure-http', 'allow plain HTTP where other machines can reach it')
}

const ATTRIBUTES = new Map(
  ['--config <file>', ...SERVE_FLAGS.map(([flag]) => flag)].map((flag) => [flag.split(' ')[0], attributeOf(flag)]),
)

/**
 * Flags of a plain `berth serve --listen HOST:PORT`. Undefined for what is written in another way: the parser of the
 * commands understands that, or says what is wrong, but reading it takes a tenth of the time that a start has.
 */
export function plainServeFlags(words: readonly string[]): Flags | undefined {
  const flags: Record<string, unknown> = {}
  const left = words[0] === 'serve' ? words.slice(1) : [...words]
  while (left.length > 0) {
    const [long = '', value] = left.splice(0, left[0] === '--insecure-http' ? 1 : 2)
    const attribute = ATTRIBUTES.get(long)
    if (long === '--insecure-http') flags.insecureHttp = true
    else if (attribute === undefined || value === undefined || value.startsWith('-')) return undefined
    else flags[attribute] = value
  }
  return flags
}

export async function serveBy(flags: Flags): Promise<void> {
  const { serve } = await import('./serve.ts')
  await serve(await loadServeFlags(flags))
}

/** What another registry's file or variables became is said, a line a key. */
export async function loadServeFlags(flags: Flags): Promise<LoadedConfig> {
  const loaded = await loadFlags(flags, SERVE_FLAGS)
  const { notes = [], commands = [] } = loaded.converted ?? {}
  for (const { key, became } of notes) process.stderr.write(`distribution: ${key} → ${became}\n`)
  for (const command of commands) process.stderr.write(`distribution: to be run once: ${command}\n`)
  return loaded
}
