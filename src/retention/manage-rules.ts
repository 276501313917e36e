import { type By, change, type Management } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { Problem } from '../lib/problem.ts'
import { describeRule, parseRule, type Rule, type RuleInput } from './rule.ts'
import { deleteRule, insertRule, listRules } from './store.ts'

/** Each is applied to every tag, so there is an end to it. */
export const MAX_RULES = 50

/** @throws Problem */
export async function addRule(m: Management, by: By, project: Project, input: RuleInput): Promise<Rule> {
  const rule = await parseRule(input)
  const about = { action: 'retention.added', target: `project:${project.name}`, detail: { ...describeRule(rule) } }
  return change(m, by, about, async (tx) => {
    if ((await listRules(tx, project.id)).length >= MAX_RULES)
      throw new Problem('conflict', `a project has at most ${MAX_RULES} retention rules`)
    const now = m.clock.now()
    const id = await insertRule(tx, { ...rule, projectId: project.id, createdBy: by.actor.name, now })
    return { ...rule, id }
  })
}

/** @throws Problem */
export async function removeRule(m: Management, by: By, project: Project, id: number): Promise<void> {
  const about = { action: 'retention.removed', target: `project:${project.name}`, detail: { rule: id } }
  await change(m, by, about, async (tx) => {
    if (!(await deleteRule(tx, project.id, id)))
      throw new Problem('not-found', `there is no retention rule ${id} in the project ${project.name}`)
  })
}
