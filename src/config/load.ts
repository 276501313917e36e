import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import type { Converted } from './distribution/draft.ts'
import { otherVariables, registryVariables } from './distribution/variables.ts'
import { ANY_NAME, configKeys } from './keys.ts'
import { noteOrigin, type Origin, type Origins } from './origins.ts'
import { type Config, configSchema } from './schema.ts'
import { isTree, overlay, setAt, type Tree } from './tree.ts'

/** Every problem of a configuration at once, each with the key it is about. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export interface ConfigSources {
  /** Path of a YAML file. */
  readonly file?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Keys by path, for example `tls.cert`; what is undefined was not given. */
  readonly flags: Readonly<Record<string, unknown>>
}

export interface LoadedConfig {
  readonly config: Config
  /** Variables that look like ours and are not keys: a misspelling, or Kubernetes' own (`BERTH_SERVICE_HOST`). */
  readonly unknownVariables: readonly string[]
  /** Where there was a file of distribution, or variables of its: what they became. */
  readonly converted: Converted | undefined
  readonly origins: Origins
}

const PREFIX = 'BERTH_'
/** Not keys of the configuration: the file’s path itself, which server commands work on, and what is of tests and workers. */
const RESERVED = /^BERTH_(?:CONFIG$|SERVER$|PROFILE$|TOKEN$|TEST_|WORKER_)/

/** Distribution's, file, environment, flags; the later wins. @throws ConfigError */
export async function loadConfig({ file, environment, flags }: ConfigSources): Promise<LoadedConfig> {
  const path = file ?? environment[`${PREFIX}CONFIG`]
  const content = path === undefined ? {} : await readConfigFile(path)
  const converted = await fromDistribution(content, environment)
  if (converted !== undefined && converted.problems.length > 0) throw new ConfigError(converted.problems)
  const merged: Tree = {}
  const origins: Record<string, Origin> = {}
  const add = (values: Tree, origin: Origin) => {
    overlay(merged, values)
    noteOrigin(origins, values, origin)
  }
  if (converted !== undefined) add(converted.values, 'distribution')
  if (!isTheirs(content)) add(content, 'file')
  const { values, unknown } = readEnvironment(environment)
  add(values, 'environment')
  add(readFlags(flags), 'flag')
  const unknownVariables = converted === undefined ? unknown : [...unknown, ...otherVariables(environment)]
  return { config: parseConfig(merged), unknownVariables, converted, origins }
}

function readFlags(flags: ConfigSources['flags']): Tree {
  const values: Tree = {}
  for (const [key, value] of Object.entries(flags)) if (value !== undefined) setAt(values, key.split('.'), value)
  return values
}

/** A file of distribution's in our words, with the variables that override it. @throws ConfigError */
export async function convertFile(path: string, environment: ConfigSources['environment']): Promise<Converted> {
  const content = await readConfigFile(path)
  const converted = isTheirs(content) ? await fromDistribution(content, environment) : undefined
  if (converted !== undefined) return converted
  throw new ConfigError([`${path}: is no configuration of distribution: that begins with "version: 0.1"`])
}

async function fromDistribution(content: Tree, environment: ConfigSources['environment']) {
  if (!isTheirs(content) && registryVariables(environment).length === 0) return undefined
  const { readDistribution } = await import('./distribution/read.ts')
  return readDistribution(isTheirs(content) ? content : undefined, environment, hasImages)
}

/** We have no such key. */
function isTheirs({ version }: Tree): boolean {
  return version !== undefined
}

function hasImages(folder: string): boolean {
  return existsSync(join(folder, 'docker', 'registry', 'v2'))
}

/** @throws ConfigError */
export function parseConfig(values: unknown): Config {
  // It is read once: making code of the schema would take longer than reading it with the schema.
  const result = configSchema.safeParse(values, { jitless: true })
  if (result.success) return result.data
  throw new ConfigError(result.error.issues.flatMap(describeIssue))
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${at === '' ? key : `${at}.${key}`}: there is no such key`)
  if (issue.code === 'invalid_union') {
    const [first] = issue.errors.flat()
    return [`${at}: ${first?.message ?? issue.message}`]
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  return [`${at === '' ? 'the file' : at}: ${message}`]
}

async function readConfigFile(path: string): Promise<Tree> {
  // Only here, because reading the parser takes a tenth of the time that a start has.
  const { parse: parseYaml, YAMLParseError } = await import('yaml')
  try {
    const content: unknown = parseYaml(readFileSync(path, 'utf8')) ?? {}
    if (isTree(content)) return content
    throw new ConfigError([`${path}: is not a mapping of keys to values`])
  } catch (error) {
    if (error instanceof ConfigError) throw error
    if (error instanceof YAMLParseError) throw new ConfigError([`${path}: ${error.message.split('\n')[0]}`])
    throw new ConfigError([`${path}: ${whyUnreadable(error)}`])
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read by this user',
  EISDIR: 'it is a folder, and not a file',
}

function whyUnreadable(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return ('code' in error && UNREADABLE[String(error.code)]) || error.message
}

/** `BERTH_AUTH__HTPASSWD__PATH` is `auth.htpasswd.path`. `unknown`: the names that are no key. */
function readEnvironment(environment: ConfigSources['environment']): { values: Tree; unknown: string[] } {
  const values: Tree = {}
  const unknown: string[] = []
  const given = Object.entries(environment).filter(([name]) => name.startsWith(PREFIX) && !RESERVED.test(name))
  const keys = given.length === 0 ? [] : configKeys().map((key) => key.split('.'))
  for (const [name, value] of given) {
    if (value === undefined) continue
    const path = findPath(keys, name.slice(PREFIX.length).toLowerCase().split('__'))
    if (path === undefined) unknown.push(name)
    else setAt(values, path, value)
  }
  return { values, unknown }
}

/** The key that a variable means, with the user's own names in it. */
function findPath(keys: readonly (readonly string[])[], levels: readonly string[]): readonly string[] | undefined {
  const isMeant = (key: string, level = '') =>
    key === ANY_NAME ? level !== '' : [level, level.replaceAll('_', '')].includes(key.toLowerCase())
  const key = keys.find((path) => path.length === levels.length && path.every((part, at) => isMeant(part, levels[at])))
  // Names have no "_", and variables have no "-".
  return key?.map((part, at) => (part === ANY_NAME ? (levels[at] ?? '').replaceAll('_', '-') : part))
}
