import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import { findableReference } from '../oci/reference.ts'
import { findVisibleHead, unknownManifest } from '../registry/pull-manifest.ts'
import type { Registry } from '../registry/registry.ts'
import type { Policy } from './policy.ts'
import type { Mode } from './rule.ts'
import { NOT_JUDGED, type Outcome, type RuleVerdict } from './verdict.ts'

/** What each rule says of an image. */
export interface Explanation {
  readonly digest: Digest
  /** Undefined: no rule is about its repository. */
  readonly project: string | undefined
  readonly outcome: Outcome
  readonly judged: boolean
  readonly validUntil: Date | undefined
  readonly rules: readonly (Omit<RuleVerdict, 'rule'> & { readonly policy: string; readonly mode: Mode })[]
}

/** @throws OciError MANIFEST_UNKNOWN */
export async function explainVerdict(
  { registry, policy }: { readonly registry: Registry; readonly policy: Pick<Policy, 'judge' | 'settings'> },
  repository: RepositoryName,
  text: string,
): Promise<Explanation> {
  const reference = referenceIn(text)
  const head = reference && (await findVisibleHead(registry, repository, reference))
  if (head === undefined) throw unknownManifest(text)
  const here = await policy.settings.here(repository)
  const spot = { repository, repositoryId: head.repositoryId }
  const verdict = here === undefined ? NOT_JUDGED : await (await policy.judge()).verdictOf({ spot, here }, head)
  const { outcome, judged, validUntil, rules } = verdict
  return {
    ...{ digest: head.digest, project: here?.project.name, outcome, judged: here !== undefined && judged },
    validUntil: validUntil === undefined ? undefined : new Date(validUntil),
    rules: rules.flatMap(({ rule: id, ...said }) => {
      const rule = here?.rules.find((each) => each.id === id)
      return rule === undefined ? [] : [{ policy: rule.name, mode: rule.mode, ...said }]
    }),
  }
}

function referenceIn(text: string) {
  try {
    return findableReference(text)
  } catch (error) {
    if (error instanceof OciError) return undefined
    throw error
  }
}
