import { type By, change, type Management, requireFound } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { Problem } from '../lib/problem.ts'
import { parseAnchor } from '../trust/parse-anchor.ts'
import type { TrustKind } from '../trust/signature.ts'
import { rulesAskingFor } from './anchor-use-store.ts'
import { deleteAnchor, insertAnchor, listAnchors, type StoredAnchor } from './store.ts'

export interface AnchorInput {
  readonly name: string
  readonly kind: TrustKind
  /** By kind. */
  readonly body: unknown
}

/** An anchor, and whom it trusts in words. */
export interface DescribedAnchor extends StoredAnchor {
  readonly summary: string
}

/** Every signature is held against each of them. */
const MAX_ANCHORS = 20
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/
const MAX_NAME = 64
const MAX_BODY = 1024 * 1024

/** Trusts somebody’s signatures in the project from now on. @throws Problem */
export async function addAnchor(
  m: Management,
  by: By,
  project: Project,
  { name, kind, body: said }: AnchorInput,
): Promise<DescribedAnchor> {
  if (name.length > MAX_NAME || !NAME.test(name))
    throw new Problem(
      'invalid',
      `a name has 1 to ${MAX_NAME} lower-case letters and digits, with ".", "_" and "-" between them`,
    )
  const { body, summary } = await parseAnchor(kind, said)
  if (JSON.stringify(body).length > MAX_BODY) throw new Problem('invalid', 'this is more than anybody trusts at once')
  const detail = { anchor: name, kind, trusts: summary.slice(0, 500) }
  const about = { action: 'trust.added', target: `project:${project.name}`, detail }
  return change(m, by, about, async (tx) => {
    const anchors = await listAnchors(tx, project.id)
    if (anchors.some((each) => each.name === name))
      throw new Problem('conflict', `the project ${project.name} trusts a "${name}" already; remove that first`)
    if (anchors.length >= MAX_ANCHORS)
      throw new Problem('conflict', `a project trusts at most ${MAX_ANCHORS} at a time; remove one that is not needed`)
    const createdAt = m.clock.now()
    const id = await insertAnchor(tx, { name, kind, body, projectId: project.id, createdBy: by.actor.id, createdAt })
    return { id, name, kind, body, summary, createdAt }
  })
}

/** What only this one vouched for is unsigned at once. Not while a rule of policy asks for it. @throws Problem */
export async function removeAnchor(m: Management, by: By, project: Project, name: string): Promise<void> {
  const what = `"${name.slice(0, MAX_NAME)}" among those whom the project ${project.name} trusts`
  const anchor = requireFound(
    (await listAnchors(m.database.reader, project.id)).find((each) => each.name === name),
    what,
  )
  const about = {
    action: 'trust.removed',
    target: `project:${project.name}`,
    detail: { anchor: anchor.name, kind: anchor.kind },
  }
  await change(m, by, about, async (tx) => {
    requireUnused(await rulesAskingFor(tx, project.id, name), project, name)
    requireFound((await deleteAnchor(tx, project.id, name)) || undefined, what)
  })
}

const MAX_NAMED = 5

/** A rule that asks for nobody's signature would refuse every image, and say nothing of why. @throws Problem */
function requireUnused(rules: readonly string[], { name: project }: Project, anchor: string): void {
  const [first] = rules
  if (first === undefined) return
  const named = rules.slice(0, MAX_NAMED).map((rule) => `"${rule}"`)
  throw new Problem(
    'conflict',
    `${rules.length === 1 ? 'the policy' : `${rules.length} policies`} ${named.join(', ')} of the project ${project} ${rules.length === 1 ? 'asks' : 'ask'} for signatures that "${anchor}" accepts; first add a policy that asks for others, if it is to be one, and then remove this one (berth policy remove ${project} ${first}) or turn it off (berth policy set-mode ${project} ${first} off)`,
  )
}

/** By name. */
export async function describeAnchors(m: Management, project: Project): Promise<DescribedAnchor[]> {
  const described: DescribedAnchor[] = []
  for (const anchor of await listAnchors(m.database.reader, project.id))
    described.push({ ...anchor, summary: await summaryOf(anchor) })
  return described
}

async function summaryOf({ kind, body }: StoredAnchor): Promise<string> {
  try {
    return (await parseAnchor(kind, body)).summary
  } catch (error) {
    return `trusts nobody: ${error instanceof Error ? error.message : String(error)}`
  }
}
