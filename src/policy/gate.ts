import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import type { ManifestHead } from '../metadata/manifests.ts'
import { OciError } from '../oci/errors.ts'
import type { Log } from '../observability/log.ts'
import type { Pull, PullGate } from '../registry/pull-gate.ts'
import type { Judge } from './judge.ts'
import type { PolicyHere, PolicySettings } from './settings.ts'
import type { Verdict } from './verdict.ts'

interface GateParts {
  readonly settings: PolicySettings
  readonly clock: Clock
  readonly log: Log
  readonly recorder: Recorder
  readonly judge: () => Promise<Judge>
}

interface Known {
  /** Another one after every change of rules, and of whatever else counts as a change of rights. */
  readonly here: PolicyHere
  readonly verdict: Verdict
}

const NOTHING: readonly string[] = []

/**
 * Hands out nothing that the rules of its project refuse. Costs nothing where there are no rules, and one read where
 * there are, until something is committed: a verdict is remembered with the row of the manifest that was found, which is
 * another one after every commit.
 */
export function policyGate(parts: GateParts): PullGate {
  const { settings, clock } = parts
  const remembered = new WeakMap<ManifestHead, Known>()

  const isCurrent = ({ verdict: { validUntil } }: Known) =>
    validUntil === undefined || clock.now().getTime() < validUntil

  async function find(here: PolicyHere, pull: Pull): Promise<readonly string[]> {
    const { verdict, known } = await attempt(here, pull)
    if (known !== undefined) remembered.set(pull.head, known)
    return speak(parts, { here, verdict }, pull)
  }

  async function attempt(here: PolicyHere, pull: Pull): Promise<{ readonly verdict: Verdict; readonly known?: Known }> {
    try {
      const spot = { repository: pull.repository, repositoryId: pull.head.repositoryId }
      const verdict = await (await parts.judge()).verdictOf({ spot, here, isPulled: true }, pull.head)
      const isWhole = verdict.rules.every(({ outcome }) => outcome !== 'unknown')
      return { verdict, ...(isWhole && { known: { here, verdict } }) }
    } catch (error) {
      // It is not there any more, or damaged: that is to be said, whatever the rules are.
      if (error instanceof OciError) throw error
      parts.log.warn('policy could not be looked at', { repository: pull.repository, digest: pull.head.digest, error })
      return { verdict: { outcome: 'unknown', judged: true, rules: [], validUntil: undefined } }
    }
  }

  function ask(here: PolicyHere, pull: Pull): Promise<readonly string[]> | undefined {
    const known = remembered.get(pull.head)
    if (known === undefined || known.here !== here || !isCurrent(known)) return find(here, pull)
    return known.verdict.outcome === 'pass' ? undefined : speak(parts, known, pull)
  }

  return {
    name: 'policy',
    check: (pull) => {
      const here = settings.here(pull.repository)
      if (here === undefined) return undefined
      if (here instanceof Promise) return here.then(async (found) => (found && (await ask(found, pull))) ?? NOTHING)
      return ask(here, pull)
    },
  }
}

/** @throws OciError DENIED, or UNAUTHORIZED where signing in may help; PolicyUnavailable */
async function speak(
  { recorder }: GateParts,
  { here, verdict }: { readonly here: PolicyHere; readonly verdict: Verdict },
  { repository, head, actor: actorOf, isLook = false, mayPush, signIn }: Pull,
): Promise<readonly string[]> {
  if (verdict.outcome === 'pass') return NOTHING
  const { lacksOnlySignatures, requireKept, saidTo, signersWarnings, warningsOf } = await import('./refusal.ts')
  const actor = actorOf()
  const said = saidTo(actor.id, here, verdict)
  try {
    requireKept(here.project.name, head.digest, said)
  } catch (error) {
    // Clients look at a tag before they move it: what is mended must be able to take the place of what is refused.
    // And whoever signs an image reads its manifest first.
    const isToBeSigned = lacksOnlySignatures(said)
    if ((isLook || isToBeSigned) && (await mayPush?.()) === true)
      return isToBeSigned ? signersWarnings(here.project.name, said) : NOTHING
    if (!(error instanceof OciError)) throw error
    await recorder.note({
      actor,
      action: 'manifest.pulled',
      target: `repository:${repository}`,
      outcome: 'refused',
      detail: { digest: head.digest, message: error.message },
    })
    throw (isToBeSigned ? signIn?.(error) : undefined) ?? error
  }
  return warningsOf(here.project.name, said)
}
