import { z } from 'zod'
import { date } from '../http/api/schemas.ts'
import type { ExplainedCondition, ExplainedRule, Explanation } from './explain.ts'
import { describeRule, ruleSchema } from './rule.ts'

const CONDITIONS = {
  lastPushed: 'lastPushed',
  lastPulled: 'lastPulled',
  pushedWithinMs: 'pushedWithin',
  pulledWithinMs: 'pulledWithin',
} as const

const explainedRule = ruleSchema.extend({
  id: z.int(),
  keeps: z.boolean(),
  conditions: z.array(
    z.strictObject({
      condition: z.enum(['lastPushed', 'lastPulled', 'pushedWithin', 'pulledWithin']),
      keeps: z.boolean(),
      rank: z.int().optional().describe('Among the selected tags of the repository; 1 is the newest.'),
      of: z.int().optional().describe('How many tags are selected.'),
      until: date.optional().describe('When it ends to keep the tag, unless that is pushed or pulled again.'),
    }),
  ),
})

export const explanationSchema = z.strictObject({
  tag: z.string(),
  digest: z.string(),
  verdict: z.enum(['kept', 'goes']),
  reason: z.string(),
  pushedAt: date,
  pulledAt: date.optional().describe('Absent: never, as far as anybody remembers.'),
  goesAt: date.optional().describe('When it goes if nothing changes; absent: nobody can say.'),
  rules: z.array(explainedRule).describe('Those that select it.'),
  keptBy: z.string().optional().describe('It is immutable or in use.'),
  expiresAt: date.optional(),
  expirySource: z.enum(['label', 'user']).optional(),
  about: z.string().optional().describe('The manifest that it belongs to, such as the image that it signs.'),
  manifest: z.strictObject({ goes: z.boolean(), reason: z.string() }),
})

/** RFC 3339 has years of four digits. */
const LAST_DATE = '9999-12-31T23:59:59.999Z'
const LAST_MS = Date.parse(LAST_DATE)

/** What is later than can be written is written as the last moment that can; undefined without a date. */
function writeDate(at: Date | undefined): string | undefined {
  return at && (at.getTime() <= LAST_MS ? at.toISOString() : LAST_DATE)
}

export function toExplanation(found: Explanation): z.input<typeof explanationSchema> {
  const { tag, digest, verdict, reason, pushedAt, pulledAt, goesAt, rules, keptBy, expiry, about, manifest } = found
  return {
    ...{ tag, digest, verdict, reason, pushedAt: pushedAt.toISOString(), rules: rules.map(toRule), keptBy, about },
    ...{ pulledAt: pulledAt?.toISOString(), goesAt: writeDate(goesAt), manifest },
    ...{ expiresAt: writeDate(expiry?.expiresAt), expirySource: expiry?.source },
  }
}

function toRule({ rule, keeps, conditions }: ExplainedRule): z.input<typeof explainedRule> {
  return { id: rule.id, ...describeRule(rule), keeps, conditions: conditions.map(toCondition) }
}

function toCondition({ condition, until, ...rest }: ExplainedCondition) {
  return { condition: CONDITIONS[condition], ...rest, until: writeDate(until) }
}
