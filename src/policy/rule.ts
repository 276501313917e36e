import { z } from 'zod'
import { parseRepositorySelector } from '../access/repository-selector.ts'
import { Problem } from '../lib/problem.ts'
import { SEVERITIES } from '../packages/severity.ts'

/** What becomes of an image that breaks a rule: nothing, a word to the client, a refusal. */
export const MODES = ['off', 'warn', 'enforce'] as const
export type Mode = (typeof MODES)[number]

const days = z.int().min(1).max(3650)
const anchors = z.array(z.string().min(1).max(100)).min(1).max(20).describe('Names of trust anchors of the project.')
const howMany = z.enum(['any', 'all']).default('any').describe('Whether one of the anchors is enough.')
const pattern = z.string().min(1).max(255)

const vulnerabilities = z.strictObject({
  kind: z.literal('vulnerabilities'),
  severity: z.enum(SEVERITIES).describe('Findings at or above it count; those that are suppressed do not.'),
  fixAvailable: z.boolean().default(false).describe('Only findings for which there is a fixed version.'),
  graceDays: z
    .int()
    .min(0)
    .max(3650)
    .default(0)
    .describe('A finding counts so many days after it was first found here.'),
  unscanned: z
    .enum(['allow', 'warn', 'refuse'])
    .default('warn')
    .describe('What becomes of images about which nothing can be said: not scanned yet, or not understood.'),
  unrated: z
    .enum(['count', 'warn', 'ignore'])
    .default('warn')
    .describe('What findings count for that nobody has rated: as much as the others, a warning, nothing.'),
})
const signatures = z.strictObject({ kind: z.literal('signatures'), anchors, require: howMany })
const attestations = z.strictObject({
  kind: z.literal('attestations'),
  predicateType: z
    .string()
    .max(300)
    .regex(/^\S+$/, 'is a word or an address, without spaces')
    .describe('What is attested: https://slsa.dev/provenance/v1'),
  anchors,
  require: howMany,
})
const labels = z.strictObject({
  kind: z.literal('labels'),
  required: z
    .record(z.string().min(1).max(200), pattern)
    .refine((all) => Object.keys(all).length > 0 && Object.keys(all).length <= 20, 'names 1 to 20 labels')
    .describe('Labels of the image and the pattern of their values; "*" alone: any but the empty one.'),
})
const base = z.strictObject({
  kind: z.literal('base'),
  allow: z
    .array(pattern)
    .max(100)
    .default([])
    .describe('Patterns of the name that the image says it was built upon, or digests of such images.'),
  layersOf: z
    .array(z.string().min(1).max(255))
    .max(20)
    .default([])
    .describe(
      'Patterns of repositories of the same project: an image that begins with all layers of one there passes.',
    ),
})
const age = z.strictObject({ kind: z.literal('age'), maxDays: days.describe('Days since the image was made.') })

/** What a rule asks of an image. */
export const checkSchema = z.discriminatedUnion('kind', [vulnerabilities, signatures, attestations, labels, base, age])
export type Check = z.output<typeof checkSchema>
export type CheckOf<K extends Check['kind']> = Extract<Check, { readonly kind: K }>

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
export const ruleName = z
  .string()
  .regex(NAME, 'has lower-case letters, digits, ".", "_" and "-", at most 64')
  .refine((text) => !/^\d+$/.test(text), 'cannot be a number alone: those are given by the registry')
  .describe('How people call it, once in a project.')

export const repositoriesPattern = z
  .string()
  .max(255)
  .default('')
  .describe('Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.')

/** A rule as people write and read it. */
export const ruleSchema = z.strictObject({
  name: ruleName,
  repositories: repositoriesPattern,
  mode: z
    .enum(MODES)
    .default('warn')
    .describe('"off": it is not looked at. "warn": clients are told. "enforce": the image is refused.'),
  push: z
    .boolean()
    .default(false)
    .describe('It is asked when images are pushed and tags moved, too, not only at pulls.'),
  except: z
    .array(z.string().min(1).max(300))
    .max(50)
    .default([])
    .describe('user:NAME or robot:NAME, whom it does not hold for: scanners, replication.'),
  check: checkSchema,
})
export type RuleInput = z.input<typeof ruleSchema>
export type ParsedRule = z.output<typeof ruleSchema>

/** A rule as it is stored. */
export interface Rule extends Omit<ParsedRule, 'except' | 'check'> {
  readonly id: number
  /** Undefined: a newer version wrote it, and nobody here knows what it asks. */
  readonly check: Check | undefined
  /** Ids of principals. */
  readonly except: readonly string[]
  readonly createdBy: string
  readonly createdAt: Date
}

/** @throws Problem */
export function parseRule(input: unknown): ParsedRule {
  const parsed = ruleSchema.safeParse(input)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Problem('invalid', `${issue?.path.join('.')} ${issue?.message}`.trim())
  }
  const rule = parsed.data
  const { check } = rule
  if (check.kind === 'base') {
    if (check.allow.length + check.layersOf.length === 0)
      throw new Problem('invalid', 'say which bases are allowed: "allow", or "layersOf"')
    for (const each of check.layersOf) parseRepositorySelector(each)
  }
  return { ...rule, repositories: parseRepositorySelector(rule.repositories) }
}

/** What is stored besides the columns. */
export const bodySchema = z.strictObject({
  check: checkSchema,
  push: z.boolean(),
  except: z.array(z.string()),
})
