import type { Project } from '../access/project-store.ts'
import { Problem } from '../lib/problem.ts'
import type { Executor } from '../metadata/db.ts'
import type { Rule } from './rule.ts'
import { anchorNames } from './store.ts'

/** A rule that asks for the signature of nobody would refuse every image: a name is a slip then. @throws Problem */
export async function requireAnchors(
  executor: Executor,
  { id, name: project }: Project,
  { check }: Pick<Rule, 'check'>,
): Promise<void> {
  if (check?.kind !== 'signatures' && check?.kind !== 'attestations') return
  const known = await anchorNames(executor, id)
  const missing = check.anchors.filter((anchor) => !known.includes(anchor))
  if (missing.length === 0) return
  const named = missing.map((anchor) => JSON.stringify(anchor)).join(', ')
  const instead =
    known.length === 0
      ? 'nobody yet (berth trust add makes trust anchors)'
      : known.map((each) => `"${each}"`).join(', ')
  throw new Problem('invalid', `the project ${project} has no trust anchor ${named}; it trusts ${instead}`)
}
