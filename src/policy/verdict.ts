import { z } from 'zod'
import { type CheckResult, earliest } from './checks/result.ts'
import type { Mode, Rule } from './rule.ts'
import type { Exemption } from './store.ts'

const namedFinding = z.strictObject({
  vulnerability: z.string(),
  severity: z.string(),
  package: z.string(),
  version: z.string(),
  fixedVersion: z.string().optional(),
})

/** `unknown`: what it asks for cannot be looked at now. It is never written down. */
export const RULE_OUTCOMES = ['pass', 'warn', 'violated', 'exempted', 'unknown'] as const

export const ruleVerdictSchema = z.strictObject({
  rule: z.int(),
  outcome: z.enum(RULE_OUTCOMES),
  /** For people. */
  text: z.string(),
  findings: z.array(namedFinding).optional(),
  /** The name of the exemption. */
  exemption: z.string().optional(),
})
/** What one rule says of an image. */
export type RuleVerdict = z.infer<typeof ruleVerdictSchema>

export const OUTCOMES = ['pass', 'warn', 'unknown', 'refuse'] as const
/** From the least to the gravest. */
export type Outcome = (typeof OUTCOMES)[number]

/** What the rules of its project say of a manifest. */
export interface Verdict {
  /** Of all rules, for somebody who is excepted from none. */
  readonly outcome: Outcome
  /** False: nothing can run it, so no rule is about it. */
  readonly judged: boolean
  readonly rules: readonly RuleVerdict[]
  /** In milliseconds since 1970: from then on it is another one. */
  readonly validUntil: number | undefined
}

export const verdictBody = z.strictObject({ judged: z.boolean(), rules: z.array(ruleVerdictSchema) })

/** What comes of what a rule says. */
export function weigh(mode: Mode, outcome: RuleVerdict['outcome']): Outcome {
  if (mode === 'off' || outcome === 'pass' || outcome === 'exempted') return 'pass'
  if (mode === 'warn' || outcome === 'warn') return 'warn'
  return outcome === 'violated' ? 'refuse' : 'unknown'
}

export function gravest(outcomes: readonly Outcome[]): Outcome {
  return OUTCOMES[Math.max(0, ...outcomes.map((outcome) => OUTCOMES.indexOf(outcome)))] ?? 'pass'
}

/** What a check says once exemptions are taken into account. Those that are given are about this image and this rule. */
export function exempted(
  result: CheckResult,
  exemptions: readonly Exemption[],
  now: number,
): {
  readonly outcome: Exclude<RuleVerdict['outcome'], 'unknown'>
  readonly exemption?: string
  readonly until?: number | undefined
} {
  if (result.outcome === 'pass') return { outcome: 'pass', until: result.until }
  const [longest] = exemptions
    .filter(({ expiresAt }) => expiresAt.getTime() > now)
    .sort((a, b) => b.expiresAt.getTime() - a.expiresAt.getTime())
  if (longest === undefined) return { outcome: result.outcome, until: result.until }
  return { outcome: 'exempted', exemption: longest.name, until: earliest(result.until, longest.expiresAt.getTime()) }
}

/** The verdict of rules, from what each says and when that ends. */
export function verdictOf(
  said: readonly {
    readonly rule: Pick<Rule, 'mode'>
    readonly verdict: RuleVerdict
    readonly until?: number | undefined
  }[],
): Verdict {
  return {
    outcome: gravest(said.map(({ rule, verdict }) => weigh(rule.mode, verdict.outcome))),
    judged: true,
    rules: said.map(({ verdict }) => verdict),
    validUntil: earliest(...said.map(({ until }) => until)),
  }
}

export const NOT_JUDGED: Verdict = { outcome: 'pass', judged: false, rules: [], validUntil: undefined }
