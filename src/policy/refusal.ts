import { OciError } from '../oci/errors.ts'
import type { Digest } from '../oci/digest.ts'
import { plain } from './checks/result.ts'
import type { Rule } from './rule.ts'
import type { PolicyHere } from './settings.ts'
import { type Outcome, type RuleVerdict, type Verdict, weigh } from './verdict.ts'

/** What a rule says to somebody whom it holds for. */
export interface Said {
  readonly rule: Rule
  readonly verdict: RuleVerdict
  readonly outcome: Outcome
}

/** What asks for evidence that cannot be had now lets nobody through. The registry answers it like any outage. */
export class PolicyUnavailable extends Error {
  readonly code = 'POLICY_UNAVAILABLE'

  constructor(rule: string, options?: ErrorOptions) {
    super(`what the policy "${rule}" asks for cannot be looked at now`, options)
    this.name = 'PolicyUnavailable'
  }
}

/** What the rules say to this caller. A rule without a word in the verdict is one that could not be looked at. */
export function saidTo(actorId: string, { rules }: Pick<PolicyHere, 'rules'>, verdict: Verdict): Said[] {
  if (!verdict.judged) return []
  return rules
    .filter(({ except }) => !except.includes(actorId))
    .map((rule) => {
      const word = verdict.rules.find((each) => each.rule === rule.id) ?? {
        rule: rule.id,
        outcome: 'unknown',
        text: '',
      }
      return { rule, verdict: word, outcome: weigh(rule.mode, word.outcome) }
    })
}

/** More in one answer nobody reads. */
const MAX_NAMED = 5
const MAX_TEXT = 600

/** For the client to show. */
export function warningsOf(project: string, said: readonly Said[]): string[] {
  return said
    .filter(({ outcome }) => outcome === 'warn')
    .slice(0, MAX_NAMED)
    .map(({ rule, verdict }) => plain(`policy ${rule.name} of project ${project}: ${verdict.text}`, MAX_TEXT))
}

const OF_SIGNATURES: ReadonlySet<string | undefined> = new Set(['signatures', 'attestations'])

/** Whether nothing is wrong with it but that nobody has signed or attested it yet. */
export function lacksOnlySignatures(said: readonly Said[]): boolean {
  const against = said.filter(({ outcome }) => outcome === 'refuse' || outcome === 'unknown')
  return (
    against.length > 0 &&
    against.every(({ rule, outcome }) => outcome === 'refuse' && OF_SIGNATURES.has(rule.check?.kind))
  )
}

/** For whoever gets it only so that he can sign it. */
export function signersWarnings(project: string, said: readonly Said[]): string[] {
  const refused = said
    .filter(({ outcome }) => outcome === 'refuse')
    .map(({ rule, verdict }) => {
      const text = `policy ${rule.name} of project ${project} refuses it to whoever may not push here: ${verdict.text}`
      return plain(text, MAX_TEXT)
    })
  return [...refused.slice(0, MAX_NAMED), ...warningsOf(project, said)].slice(0, MAX_NAMED)
}

/** @throws OciError DENIED, PolicyUnavailable: the rules are not kept, or nobody can say whether they are */
export function requireKept(project: string, digest: Digest, said: readonly Said[]): void {
  const refused = said.filter(({ outcome }) => outcome === 'refuse')
  if (refused.length > 0) throw refusal(project, digest, refused)
  const unknown = said.find(({ outcome }) => outcome === 'unknown')
  if (unknown !== undefined) throw new PolicyUnavailable(unknown.rule.name)
}

function refusal(project: string, digest: Digest, refused: readonly Said[]): OciError {
  const named = refused.slice(0, MAX_NAMED)
  const why = named.map(
    ({ rule, verdict }) => `policy "${rule.name}" of project ${project}: ${plain(verdict.text, MAX_TEXT)}`,
  )
  const [first] = named
  const ofRule = refused.length === 1 && first !== undefined ? ` --rule ${first.rule.name}` : ''
  const way = `berth policy exempt ${project} NAME${ofRule} --digest ${digest} --days 30 --reason "…"`
  return new OciError('DENIED', {
    message: `refused by ${why.join('; and by ')}; an owner of the project can exempt it: ${way}`,
    detail: {
      reason: 'policy',
      project,
      digest,
      rules: named.map(({ rule, verdict: { text, findings } }) => ({
        rule: rule.name,
        text: plain(text, MAX_TEXT),
        ...(findings === undefined ? {} : { findings }),
      })),
    },
  })
}
