import type { z } from 'zod'
import { type Config, configSchema } from './schema.ts'
import { duration, durationOrNever, formatDuration, listenAddress } from './values.ts'

/** One key of the configuration, for its reference and for the environment's names. */
export interface ConfigKey {
  /** With `<name>` for a level that the user names. */
  readonly path: string
  readonly description: string
  /** Undefined: none, or nothing that could be written there. */
  readonly default: string | undefined
}

export const ANY_NAME = '<name>'

export function configKeys(): string[] {
  return describeKeys().map((key) => key.path)
}

/** Every key that takes a value, in the order of the schema. */
export function describeKeys(): ConfigKey[] {
  return [...walk(configSchema, '')]
}

function* walk(schema: z.ZodType, prefix: string): Generator<ConfigKey> {
  const { inner, fallback } = unwrap(schema)
  const children = childrenOf(inner, [ANY_NAME])
  if (children === undefined) yield { path: prefix, description: descriptionOf(schema), default: fallback }
  for (const [key, child] of children ?? []) yield* walk(child, prefix === '' ? key : `${prefix}.${key}`)
}

/** A configuration as a file has it: what was understood is text again. */
export function asWritten(config: Config): unknown {
  return toWritten(configSchema, config)
}

function toWritten(schema: z.ZodType, value: unknown): unknown {
  if (value === undefined) return undefined
  const { inner } = unwrap(schema)
  if (value === 'never' && inner === durationOrNever) return value
  if (inner === duration || inner === durationOrNever) return formatDuration(value as z.infer<typeof duration>)
  if (inner === listenAddress) return (value as z.infer<typeof listenAddress>).text
  const values = value as Readonly<Record<string, unknown>>
  const children = childrenOf(inner, Object.keys(values))
  if (children === undefined) return value
  return Object.fromEntries(children.map(([key, child]) => [key, toWritten(child, values[key])]))
}

/** What the schemas of zod hold, as far as it is used here. */
interface Definition {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly defaultValue?: unknown
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly valueType?: z.ZodType
}

/** Of an object its keys, of a map these names; undefined for a value. */
function childrenOf({ def }: z.ZodType, names: readonly string[]): (readonly [string, z.ZodType])[] | undefined {
  const { shape, valueType } = def as Definition
  if (shape !== undefined) return Object.entries(shape)
  return valueType && names.map((name) => [name, valueType] as const)
}

/** Takes off `optional`, `default` and `prefault`, and remembers the default found on the way. */
function unwrap(schema: z.ZodType): { inner: z.ZodType; fallback: string | undefined } {
  const { type, innerType, defaultValue } = schema.def as Definition
  if (innerType === undefined) return { inner: schema, fallback: undefined }
  const { inner, fallback } = unwrap(innerType)
  return { inner, fallback: type === 'optional' ? fallback : String(defaultValue) || undefined }
}

function descriptionOf(schema: z.ZodType): string {
  const { innerType } = schema.def as Definition
  return schema.description ?? (innerType === undefined ? '' : descriptionOf(innerType))
}
