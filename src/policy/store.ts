import type { Executor, Transaction } from '../metadata/db.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import { bodySchema, type Check, type Mode, MODES, type Rule } from './rule.ts'

/** Somebody takes images out of a rule's reach, for a reason and for a while. */
export interface Exemption {
  readonly id: number
  readonly name: string
  /** Undefined: from every rule of the project. */
  readonly ruleId: number | undefined
  readonly repositories: string
  /** Undefined: every image. */
  readonly digest: Digest | undefined
  readonly reason: string
  readonly expiresAt: Date
  readonly createdBy: string
  readonly createdAt: Date
}

interface RuleRow {
  id: number
  name: string
  repositories: string
  mode: string
  body: string
  created_by: string
  created_at: number
}

/** A mode that nobody here knows is a mode that refuses. */
function toMode(text: string): Mode {
  return MODES.find((mode) => mode === text) ?? 'enforce'
}

function toRule(row: RuleRow): Rule {
  const { id, name, repositories, mode, body, created_by: createdBy, created_at: createdAt } = row
  const parsed = bodySchema.safeParse(parseJson(body))
  const content = parsed.success ? parsed.data : { check: undefined, push: false, except: [] }
  return { id, name, repositories, mode: toMode(mode), ...content, createdBy, createdAt: new Date(createdAt) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The rules of a project, oldest first. */
export async function listRules(executor: Executor, projectId: number): Promise<Rule[]> {
  const rows = await executor.db
    .selectFrom('policy_rules')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('id')
    .execute()
  return rows.map(toRule)
}

export interface NewRule extends Omit<Rule, 'id' | 'check'> {
  readonly projectId: number
  readonly check: Check
}

export async function insertRule(tx: Transaction, rule: NewRule): Promise<number> {
  const { check, push, except } = rule
  const { id } = await tx.db
    .insertInto('policy_rules')
    .values({
      project_id: rule.projectId,
      name: rule.name,
      repositories: rule.repositories,
      mode: rule.mode,
      body: JSON.stringify({ check, push, except }),
      created_by: rule.createdBy,
      created_at: rule.createdAt.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function setRuleMode(tx: Transaction, id: number, mode: Mode): Promise<void> {
  await tx.db.updateTable('policy_rules').set({ mode }).where('id', '=', id).execute()
}

/** Its exemptions go with it. */
export async function deleteRule(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('policy_exemptions').where('rule_id', '=', id).execute()
  await tx.db.deleteFrom('policy_rules').where('id', '=', id).execute()
}

/** Those that have expired too. */
export async function listExemptions(executor: Executor, projectId: number): Promise<Exemption[]> {
  const rows = await executor.db
    .selectFrom('policy_exemptions')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    ruleId: row.rule_id ?? undefined,
    repositories: row.repositories,
    digest: row.digest ?? undefined,
    reason: row.reason,
    expiresAt: new Date(row.expires_at),
    createdBy: row.created_by,
    createdAt: new Date(row.created_at),
  }))
}

export async function insertExemption(
  tx: Transaction,
  exemption: Omit<Exemption, 'id'> & { readonly projectId: number },
): Promise<number> {
  const { id } = await tx.db
    .insertInto('policy_exemptions')
    .values({
      project_id: exemption.projectId,
      name: exemption.name,
      rule_id: exemption.ruleId ?? null,
      repositories: exemption.repositories,
      digest: exemption.digest ?? null,
      reason: exemption.reason,
      expires_at: exemption.expiresAt.getTime(),
      created_by: exemption.createdBy,
      created_at: exemption.createdAt.getTime(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function deleteExemption(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('policy_exemptions').where('id', '=', id).execute()
}

/** Names of those whose signatures the project trusts. */
export async function anchorNames(executor: Executor, projectId: number): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('trust_anchors')
    .select('name')
    .where('project_id', '=', projectId)
    .orderBy('name')
    .execute()
  return rows.map(({ name }) => name)
}

export interface RepositoryRow {
  readonly id: RepositoryId
  readonly name: RepositoryName
}

/** Repositories named like a project or below it, after a name; some may belong to a longer project. */
export async function repositoriesBelow(
  executor: Executor,
  project: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<RepositoryRow[]> {
  return executor.db
    .selectFrom('repositories')
    .select(['id', 'name'])
    .where('deleted_at', 'is', null)
    .where(({ eb, and, or }) =>
      or([
        eb('name', '=', project as RepositoryName),
        and([eb('name', '>', `${project}/` as RepositoryName), eb('name', '<', `${project}0` as RepositoryName)]),
      ]),
    )
    .where('name', '>', after as RepositoryName)
    .orderBy('name')
    .limit(limit)
    .execute()
}

/** Tags after a name in byte order, and what they name. */
export async function tagsAfter(
  executor: Executor,
  repository: RepositoryId,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<{ readonly tag: Tag; readonly digest: Digest }[]> {
  return executor.db
    .selectFrom('tags')
    .select(['name as tag', 'digest'])
    .where('repository_id', '=', repository)
    .where('name', '>', after as Tag)
    .orderBy('name')
    .limit(limit)
    .execute()
}

/** Images of a project that have a layer: the first `limit`, of any repository below its name. */
export async function imagesWithLayer(
  executor: Executor,
  project: string,
  { layer, limit }: { readonly layer: Digest; readonly limit: number },
): Promise<{ readonly repository: RepositoryName; readonly digest: Digest; readonly content: Uint8Array }[]> {
  return executor.db
    .selectFrom('manifest_blobs')
    .innerJoin('repositories', 'repositories.id', 'manifest_blobs.repository_id')
    .innerJoin('manifests', (join) =>
      join
        .onRef('manifests.repository_id', '=', 'manifest_blobs.repository_id')
        .onRef('manifests.digest', '=', 'manifest_blobs.manifest'),
    )
    .select(['repositories.name as repository', 'manifests.digest', 'manifests.content'])
    .where('manifest_blobs.digest', '=', layer)
    .where('manifests.deletion', 'is', null)
    .where('repositories.deleted_at', 'is', null)
    .where(({ eb, and, or }) =>
      or([
        eb('repositories.name', '=', project as RepositoryName),
        and([
          eb('repositories.name', '>', `${project}/` as RepositoryName),
          eb('repositories.name', '<', `${project}0` as RepositoryName),
        ]),
      ]),
    )
    .orderBy('manifest_blobs.repository_id')
    .orderBy('manifests.digest')
    .limit(limit)
    .execute()
}
