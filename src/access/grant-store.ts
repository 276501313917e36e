import type { Executor, Transaction } from '../metadata/db.ts'

/** Lets a subject do something in a project, or in those of its repositories whose names match. */
export interface Grant {
  readonly id: number
  readonly projectId: number
  /** Of names below the project; empty: the whole project. */
  readonly pattern: string
  /** `user:ID`, `robot:ID` or `group:ID`. */
  readonly subject: string
  /** A role, or actions. */
  readonly allows: string
}

interface GrantRow {
  id: number
  project_id: number
  pattern: string
  subject: string
  allows: string
}

function toGrant({ project_id, id, pattern, subject, allows }: GrantRow): Grant {
  return { id, projectId: project_id, pattern, subject, allows }
}

/** What any of these subjects was given in a project. */
export async function findGrants(
  executor: Executor,
  projectId: number,
  subjects: readonly string[],
): Promise<readonly Grant[]> {
  const rows = await executor.db
    .selectFrom('grants')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('subject', 'in', subjects)
    .orderBy('id')
    .execute()
  return rows.map(toGrant)
}

export async function listGrants(executor: Executor, projectId: number): Promise<readonly Grant[]> {
  const rows = await executor.db
    .selectFrom('grants')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('id')
    .execute()
  return rows.map(toGrant)
}

/** Everything that a subject was given, in all projects. */
export async function listGrantsOf(executor: Executor, subject: string): Promise<readonly Grant[]> {
  const rows = await executor.db.selectFrom('grants').selectAll().where('subject', '=', subject).execute()
  return rows.map(toGrant)
}

export interface NewGrant {
  readonly projectId: number
  readonly pattern: string
  readonly subject: string
  readonly allows: string
}

/** A second grant to the same subject for the same names replaces the first. */
export async function putGrant(tx: Transaction, grant: NewGrant, now: Date): Promise<void> {
  await tx.db
    .insertInto('grants')
    .values({
      project_id: grant.projectId,
      pattern: grant.pattern,
      subject: grant.subject,
      allows: grant.allows,
      created_at: now.getTime(),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'subject', 'pattern'])
        .doUpdateSet((update) => ({ allows: update.ref('excluded.allows') })),
    )
    .execute()
}

/** Only of that project: a grant's number alone never reaches into another (CVE-2022-31666 class). */
export async function deleteGrant(tx: Transaction, projectId: number, id: number): Promise<Grant | undefined> {
  const row = await tx.db
    .deleteFrom('grants')
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return row && toGrant(row)
}

/** When a subject goes, so does everything it was given. */
export async function deleteGrantsOf(tx: Transaction, subject: string): Promise<void> {
  await tx.db.deleteFrom('grants').where('subject', '=', subject).execute()
}
