import { type By, change, type Management, requireFound } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { findSubject, nameOfSubject } from '../access/subjects.ts'
import { Problem } from '../lib/problem.ts'
import type { Executor } from '../metadata/db.ts'
import { requireAnchors } from './asked-anchors.ts'
import { type Mode, parseRule, type Rule, type RuleInput } from './rule.ts'
import { deleteRule, insertRule, listRules, setRuleMode } from './store.ts'

/** Each is asked of every image. */
export const MAX_RULES = 50

/** Holds for images that are there already, too. @throws Problem */
export async function addRule(m: Management, by: By, project: Project, input: RuleInput): Promise<Rule> {
  const rule = parseRule(input)
  const about = { action: 'policy.added', target: `project:${project.name}`, detail: { ...rule } }
  return change(m, by, about, async (tx) => {
    const rules = await listRules(tx, project.id)
    if (rules.some(({ name }) => name === rule.name))
      throw new Problem('conflict', `the project ${project.name} has a policy "${rule.name}" already`)
    if (rules.length >= MAX_RULES) throw new Problem('conflict', `a project has at most ${MAX_RULES} policies`)
    await requireAnchors(tx, project, rule)
    const createdAt = m.clock.now()
    const except: string[] = []
    for (const text of rule.except) except.push(await principalOf(tx, text, createdAt))
    const added = { ...rule, except, createdBy: by.actor.name, createdAt }
    const id = await insertRule(tx, { ...added, projectId: project.id })
    return { ...added, id }
  })
}

/** By id, so that nobody inherits an exception with a name. @throws Problem */
async function principalOf(tx: Parameters<typeof findSubject>[0], text: string, now: Date): Promise<string> {
  if (text.startsWith('group:'))
    throw new Problem('invalid', 'a policy may except users and robots, not groups: user:NAME or robot:NAME')
  return findSubject(tx, text, now)
}

/** From the next pull on. @throws Problem */
export async function setMode(
  m: Management,
  by: By,
  project: Project,
  { rule: found, mode }: { readonly rule: Rule; readonly mode: Mode },
): Promise<void> {
  const detail = { policy: found.name, from: found.mode, to: mode }
  const about = { action: 'policy.mode-set', target: `project:${project.name}`, detail }
  await change(m, by, about, async (tx) => {
    const rule = requireRule(await listRules(tx, project.id), project, found.id)
    if (mode !== 'off') await requireAnchors(tx, project, rule)
    await setRuleMode(tx, found.id, mode)
  })
}

/** Its exemptions go with it. @throws Problem */
export async function removeRule(m: Management, by: By, project: Project, found: Rule): Promise<void> {
  const { name, mode, check } = found
  const about = { action: 'policy.removed', target: `project:${project.name}`, detail: { policy: name, mode, check } }
  await change(m, by, about, async (tx) => {
    requireRule(await listRules(tx, project.id), project, found.id)
    await deleteRule(tx, found.id)
  })
}

/** By its name, or by its number. @throws Problem */
export async function ruleNamed(executor: Executor, project: Project, which: string): Promise<Rule> {
  return requireRule(await listRules(executor, project.id), project, which)
}

function requireRule(rules: readonly Rule[], project: Project, which: number | string): Rule {
  const found = rules.find(({ id, name }) => name === which || String(id) === String(which))
  return requireFound(found, `policy "${String(which).slice(0, 64)}" in the project ${project.name}`)
}

/** As people write it. */
export async function describeRule(executor: Executor, rule: Rule) {
  const { id, name, repositories, mode, push, check, createdBy, createdAt } = rule
  const except: string[] = []
  for (const principal of rule.except) except.push(await nameOfSubject(executor, principal))
  return { id, name, repositories, mode, push, except, check, createdBy, createdAt: createdAt.toISOString() }
}
