import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { type Config, configSchema } from './schema.ts'

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
}

const PREFIX = 'BERTH_'
/** Not keys of the configuration: the file's path itself, and what belongs to tests and workers. */
const RESERVED = /^BERTH_(?:CONFIG$|TEST_|WORKER_)/

/** File, then environment, then flags; the later wins. @throws ConfigError */
export async function loadConfig({ file, environment, flags }: ConfigSources): Promise<LoadedConfig> {
  const path = file ?? environment[`${PREFIX}CONFIG`]
  const merged = path === undefined ? {} : await readConfigFile(path)
  const unknownVariables = applyEnvironment(merged, environment)
  for (const [key, value] of Object.entries(flags)) if (value !== undefined) setAt(merged, key.split('.'), value)
  return { config: parseConfig(merged), unknownVariables }
}

/** @throws ConfigError */
export function parseConfig(values: unknown): Config {
  const result = configSchema.safeParse(values)
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
  return [`${at === '' ? 'the file' : at}: ${issue.message}`]
}

type Tree = Record<string, unknown>

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
    throw new ConfigError([`${path}: ${error instanceof Error ? error.message : String(error)}`])
  }
}

/** `BERTH_AUTH__HTPASSWD__PATH` is `auth.htpasswd.path`. Returns the names that are no key. */
function applyEnvironment(tree: Tree, environment: ConfigSources['environment']): string[] {
  const unknown: string[] = []
  const keys = new Map(configKeys().map((key) => [key.toLowerCase(), key]))
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith(PREFIX) || RESERVED.test(name)) continue
    const path = name.slice(PREFIX.length).replaceAll('__', '.').toLowerCase()
    const key = keys.get(path) ?? keys.get(path.replaceAll('_', ''))
    if (key === undefined) unknown.push(name)
    else setAt(tree, key.split('.'), value)
  }
  return unknown
}

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path
  if (key === undefined) return
  if (rest.length === 0) {
    tree[key] = value
    return
  }
  const existing = tree[key]
  const branch = isTree(existing) ? existing : {}
  tree[key] = branch
  setAt(branch, rest, value)
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One key of the configuration, for its reference and for the environment's names. */
export interface ConfigKey {
  readonly path: string
  readonly description: string
  readonly default: string | undefined
}

export function configKeys(): string[] {
  return describeKeys().map((key) => key.path)
}

/** Every key that takes a value, in the order of the schema. */
export function describeKeys(): ConfigKey[] {
  return [...walk(configSchema, '')]
}

function* walk(schema: z.ZodType, prefix: string): Generator<ConfigKey> {
  const { inner, fallback } = unwrap(schema)
  if (!('shape' in inner)) {
    yield { path: prefix, description: descriptionOf(schema), default: fallback }
    return
  }
  for (const [key, child] of Object.entries(inner.shape as Record<string, z.ZodType>))
    yield* walk(child, prefix === '' ? key : `${prefix}.${key}`)
}

interface WrapperDefinition {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly defaultValue?: unknown
}

/** Takes off `optional`, `default` and `prefault`, and remembers the default found on the way. */
function unwrap(schema: z.ZodType): { inner: z.ZodType; fallback: string | undefined } {
  const definition = schema.def as WrapperDefinition
  if (definition.innerType === undefined) return { inner: schema, fallback: undefined }
  const { inner, fallback } = unwrap(definition.innerType)
  return { inner, fallback: definition.type === 'optional' ? fallback : String(definition.defaultValue) }
}

function descriptionOf(schema: z.ZodType): string {
  const definition = schema.def as WrapperDefinition
  return schema.description ?? (definition.innerType === undefined ? '' : descriptionOf(definition.innerType))
}
