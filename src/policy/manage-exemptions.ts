import { z } from 'zod'
import { type By, change, type Management, requireFound } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { parseRepositorySelector } from '../access/repository-selector.ts'
import { Problem } from '../lib/problem.ts'
import type { Executor } from '../metadata/db.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { repositoriesPattern, ruleName } from './rule.ts'
import { deleteExemption, type Exemption, insertExemption, listExemptions, listRules } from './store.ts'

const DAY_MS = 86_400_000
const MAX_DAYS = 365
/** All of a project are looked through for an image that breaks a rule. */
const MAX_EXEMPTIONS = 500

/** An exemption as people write it. */
export const exemptionSchema = z.strictObject({
  name: ruleName,
  rule: ruleName.optional().describe('Name of the policy; absent: every one of the project.'),
  repositories: repositoriesPattern,
  digest: z
    .string()
    .max(140)
    .refine(isDigest, 'must be a digest')
    .transform((text) => text as Digest)
    .optional()
    .describe('Of an image, or of an index with all that it lists; absent: every image.'),
  reason: z.string().trim().min(3).max(1000).describe('Why, for whoever looks at it later.'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .describe('When it ends, in a year at the latest; it can be made anew.'),
})
export interface ExemptionInput extends Omit<z.input<typeof exemptionSchema>, 'expiresAt'> {
  readonly expiresAt: string | Date
}

/** @throws Problem */
function parseExemption(input: ExemptionInput): z.output<typeof exemptionSchema> {
  const { expiresAt: end } = input
  const expiresAt = end instanceof Date && !Number.isNaN(end.getTime()) ? end.toISOString() : end
  const parsed = exemptionSchema.safeParse({ ...input, expiresAt })
  if (parsed.success) return { ...parsed.data, repositories: parseRepositorySelector(parsed.data.repositories) }
  const [issue] = parsed.error.issues
  throw new Problem('invalid', `${issue?.path.join('.')} ${issue?.message}`.trim())
}

/** From the next pull on. @throws Problem */
export async function addExemption(m: Management, by: By, project: Project, input: ExemptionInput): Promise<Exemption> {
  const { rule: ofRule, expiresAt, ...rest } = parseExemption(input)
  const createdAt = m.clock.now()
  if (expiresAt <= createdAt || expiresAt.getTime() > createdAt.getTime() + MAX_DAYS * DAY_MS)
    throw new Problem('invalid', `an exemption ends in the future, in ${MAX_DAYS} days at the latest`)
  const detail = { ...rest, rule: ofRule, expiresAt: expiresAt.toISOString() }
  const about = { action: 'policy.exempted', target: `project:${project.name}`, detail }
  return change(m, by, about, async (tx) => {
    const exemptions = await listExemptions(tx, project.id)
    if (exemptions.some(({ name }) => name === rest.name))
      throw new Problem('conflict', `the project ${project.name} has an exemption "${rest.name}" already`)
    if (exemptions.length >= MAX_EXEMPTIONS)
      throw new Problem('conflict', `a project has at most ${MAX_EXEMPTIONS} exemptions; remove those that have ended`)
    const rule = (await listRules(tx, project.id)).find(({ name }) => name === ofRule)
    if (ofRule !== undefined) requireFound(rule, `policy "${ofRule}" in the project ${project.name}`)
    const exemption = { ...rest, digest: rest.digest, ruleId: rule?.id, expiresAt, createdBy: by.actor.name, createdAt }
    return { ...exemption, id: await insertExemption(tx, { ...exemption, projectId: project.id }) }
  })
}

/** What only it let through is refused from the next pull on. @throws Problem */
export async function removeExemption(m: Management, by: By, project: Project, found: Exemption): Promise<void> {
  const { name, reason } = found
  const about = { action: 'policy.unexempted', target: `project:${project.name}`, detail: { name, reason } }
  await change(m, by, about, async (tx) => {
    requireExemption(await listExemptions(tx, project.id), project, found.id)
    await deleteExemption(tx, found.id)
  })
}

/** By its name, or by its number. @throws Problem */
export async function exemptionNamed(executor: Executor, project: Project, which: string): Promise<Exemption> {
  return requireExemption(await listExemptions(executor, project.id), project, which)
}

function requireExemption(all: readonly Exemption[], project: Project, which: number | string): Exemption {
  const found = all.find(({ id, name }) => name === which || String(id) === String(which))
  return requireFound(found, `exemption "${String(which).slice(0, 64)}" in the project ${project.name}`)
}
