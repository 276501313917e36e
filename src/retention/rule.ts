import { z } from 'zod'
import { parseRepositorySelector } from '../access/repository-selector.ts'
import { formatAge, parseAge } from '../lib/age.ts'
import { Problem } from '../lib/problem.ts'
import type { RetentionBody } from '../metadata/untagged-rules.ts'
import { parseTagSelector, type TagSelector } from '../registry/tag-selector.ts'

const age = z
  .string()
  .refine((text) => (parseAge(text) ?? 0) > 0, 'must be a number with s, m, h, d or w, for example "30d"')
const howMany = z.int().min(1).max(1_000_000)

export const keepSchema = z.strictObject({
  lastPushed: howMany.optional().describe('So many of the selected tags of a repository, those pushed last.'),
  lastPulled: howMany
    .optional()
    .describe('The same of those pulled last; a tag that was never pulled is none of them.'),
  pushedWithin: age.optional().describe('Tags pushed in this time, for example "30d".'),
  pulledWithin: age.optional().describe('Tags pulled in this time.'),
})

/** A rule as people write and read it. */
export const ruleSchema = z.strictObject({
  repositories: z
    .string()
    .max(255)
    .default('')
    .describe('Pattern of repository names below the project ("*" any characters but a slash, "**" any); empty: all.'),
  tags: z
    .string()
    .max(300)
    .optional()
    .describe('Which tags it is about: a glob, "regex:" RE2, "semver:" range, "!" before it for all others.'),
  keep: keepSchema
    .optional()
    .describe('Any one of these keeps a tag; with none of them every selected tag goes, unless another rule keeps it.'),
  untagged: z
    .union([age, z.literal('never')])
    .optional()
    .describe('After which manifests without a name go in these repositories, instead of gc.untagged.'),
})
export type RuleInput = z.input<typeof ruleSchema>

/** A rule ready to be applied. */
export interface Rule {
  /** 0: not stored. */
  readonly id: number
  readonly repositories: string
  /** Undefined: it is about no tags. */
  readonly tags: TagSelector | undefined
  readonly keep: RetentionBody['keep']
  readonly untaggedMs: RetentionBody['untaggedMs']
}

/** @throws Problem */
export async function parseRule(input: RuleInput): Promise<Rule> {
  if (input.tags === undefined && input.untagged === undefined)
    throw new Problem(
      'invalid',
      'a rule says which tags it is about ("tags"), or when manifests without a name go ("untagged")',
    )
  if ((input.tags === undefined) !== (input.keep === undefined))
    throw new Problem('invalid', '"tags" and "keep" go together; "keep": {} keeps none of the selected tags')
  const { keep = {}, untagged } = input
  return {
    id: 0,
    repositories: parseRepositorySelector(input.repositories ?? ''),
    tags: input.tags === undefined ? undefined : await parseTagSelector(input.tags),
    keep: {
      lastPushed: keep.lastPushed,
      lastPulled: keep.lastPulled,
      pushedWithinMs: ageOf(keep.pushedWithin),
      pulledWithinMs: ageOf(keep.pulledWithin),
    },
    untaggedMs: untagged === 'never' ? 'never' : ageOf(untagged),
  }
}

function ageOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseAge(text)
}

/** The other way round, without what it does not say. */
export function describeRule({ repositories, tags, keep, untaggedMs }: Rule): RuleInput {
  const { lastPushed, lastPulled, pushedWithinMs, pulledWithinMs } = keep
  return {
    repositories,
    ...(tags && {
      tags: tags.text,
      keep: {
        ...(lastPushed === undefined ? {} : { lastPushed }),
        ...(lastPulled === undefined ? {} : { lastPulled }),
        ...(pushedWithinMs === undefined ? {} : { pushedWithin: formatAge(pushedWithinMs) }),
        ...(pulledWithinMs === undefined ? {} : { pulledWithin: formatAge(pulledWithinMs) }),
      },
    }),
    ...(untaggedMs === undefined ? {} : { untagged: untaggedMs === 'never' ? 'never' : formatAge(untaggedMs) }),
  }
}
