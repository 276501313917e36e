import { type By, change, type Management, requireFound } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { parseRepositorySelector } from '../access/repository-selector.ts'
import { Problem } from '../lib/problem.ts'
import { parseTagSelector } from '../registry/tag-selector.ts'
import { deleteRule, type ImmutabilityRule, insertRule, listRules } from './store.ts'

export interface RuleInput {
  /** Pattern of names below the project; undefined: all. */
  readonly repositories?: string | undefined
  /** A tag selector. */
  readonly tags: string
}

/** Every one is asked at each push of a tag. */
const MAX_RULES = 50

/** Holds for tags that are there already, too. @throws Problem */
export async function addRule(m: Management, by: By, project: Project, input: RuleInput): Promise<ImmutabilityRule> {
  const repositories = parseRepositorySelector(input.repositories ?? '')
  const { text: tags } = await parseTagSelector(input.tags)
  const about = { action: 'immutability.added', target: `project:${project.name}`, detail: { repositories, tags } }
  return change(m, by, about, async (tx) => {
    const rules = await listRules(tx, project.id)
    const same = rules.find((rule) => rule.repositories === repositories && rule.tags === tags)
    if (same !== undefined)
      throw new Problem('conflict', `rule ${same.id} of the project ${project.name} says so already`)
    if (rules.length >= MAX_RULES)
      throw new Problem(
        'conflict',
        `a project has at most ${MAX_RULES} rules of immutability; one may name several tags`,
      )
    const createdAt = m.clock.now()
    const id = await insertRule(tx, { projectId: project.id, repositories, tags, createdBy: by.actor.id, createdAt })
    return { id, repositories, tags, createdAt }
  })
}

/** What only this rule kept can be moved and deleted at once. @throws Problem */
export async function removeRule(m: Management, by: By, project: Project, id: number): Promise<void> {
  const rule = (await listRules(m.database.reader, project.id)).find((each) => each.id === id)
  const { repositories, tags } = requireFound(rule, `rule ${id} of immutability in the project ${project.name}`)
  const detail = { rule: id, repositories, tags }
  const about = { action: 'immutability.removed', target: `project:${project.name}`, detail }
  await change(m, by, about, async (tx) => {
    const removed = await deleteRule(tx, project.id, id)
    requireFound(removed ? id : undefined, `rule ${id} of immutability in the project ${project.name}`)
  })
}
