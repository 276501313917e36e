import type { Executor, Transaction } from '../metadata/db.ts'

export interface Robot {
  readonly id: string
  readonly name: string
  /** Undefined: of the whole registry. */
  readonly projectId: number | undefined
  /** The principal whose rights bound it; undefined: the operator. */
  readonly maker: string | undefined
  readonly hasSecret: boolean
  /** Undefined: never. */
  readonly expiresAt: Date | undefined
  readonly disabled: boolean
  readonly revokedBefore: number
  readonly createdAt: Date
}

interface RobotRow {
  id: string
  name: string
  project_id: number | null
  maker: string | null
  secret_hash: string | null
  expires_at: number | null
  disabled: number
  revoked_before: number
  created_at: number
}

function toRobot(row: RobotRow): Robot {
  return {
    id: row.id,
    name: row.name,
    projectId: row.project_id ?? undefined,
    maker: row.maker ?? undefined,
    hasSecret: row.secret_hash !== null,
    expiresAt: row.expires_at === null ? undefined : new Date(row.expires_at),
    disabled: row.disabled === 1,
    revokedBefore: row.revoked_before,
    createdAt: new Date(row.created_at),
  }
}

export async function findRobotById(executor: Executor, id: string): Promise<Robot | undefined> {
  const row = await executor.db.selectFrom('robots').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toRobot(row)
}

export async function findRobot(executor: Executor, name: string): Promise<Robot | undefined> {
  const row = await executor.db.selectFrom('robots').selectAll().where('name', '=', name).executeTakeFirst()
  return row && toRobot(row)
}

export async function findRobotBySecret(executor: Executor, secretHash: string): Promise<Robot | undefined> {
  const row = await executor.db
    .selectFrom('robots')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
  return row && toRobot(row)
}

/** Of one project; of the whole registry when it is undefined. */
export async function listRobots(executor: Executor, projectId: number | undefined): Promise<Robot[]> {
  const rows = await executor.db
    .selectFrom('robots')
    .selectAll()
    .where('project_id', projectId === undefined ? 'is' : '=', projectId ?? null)
    .orderBy('name')
    .execute()
  return rows.map(toRobot)
}

export async function listAllRobots(executor: Executor, after = '', limit = 1000): Promise<Robot[]> {
  const rows = await executor.db
    .selectFrom('robots')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toRobot)
}

export interface NewRobot {
  readonly id: string
  readonly name: string
  readonly projectId: number | undefined
  readonly maker: string | undefined
  readonly secretHash: string | undefined
  readonly expiresAt: Date | undefined
}

export async function insertRobot(tx: Transaction, robot: NewRobot, now: Date): Promise<void> {
  await tx.db
    .insertInto('robots')
    .values({
      id: robot.id,
      name: robot.name,
      project_id: robot.projectId ?? null,
      maker: robot.maker ?? null,
      secret_hash: robot.secretHash ?? null,
      expires_at: robot.expiresAt?.getTime() ?? null,
      disabled: 0,
      revoked_before: 0,
      created_at: now.getTime(),
    })
    .execute()
}

export interface RobotChange {
  readonly secretHash?: string
  readonly expiresAt?: Date
  readonly disabled?: boolean
  readonly maker?: string | undefined
  readonly revokedBefore?: Date
}

/** What is undefined stays; `maker` is set whenever the key is there. */
export async function updateRobot(tx: Transaction, id: string, change: RobotChange): Promise<void> {
  const { secretHash, expiresAt, disabled, revokedBefore } = change
  const values = {
    ...(secretHash === undefined ? {} : { secret_hash: secretHash }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt.getTime() }),
    ...(disabled === undefined ? {} : { disabled: disabled ? 1 : 0 }),
    ...('maker' in change ? { maker: change.maker ?? null } : {}),
    ...(revokedBefore === undefined ? {} : { revoked_before: revokedBefore.getTime() }),
  }
  if (Object.keys(values).length > 0) await tx.db.updateTable('robots').set(values).where('id', '=', id).execute()
}

export async function deleteRobot(tx: Transaction, id: string): Promise<void> {
  await tx.db.deleteFrom('robots').where('id', '=', id).execute()
}

/** A workload whose token has these claims is that robot. */
export interface TrustRule {
  readonly id: number
  readonly robotId: string
  /** Its name in the configuration. */
  readonly issuer: string
  readonly claims: Readonly<Record<string, string>>
}

export async function listTrustRules(
  executor: Executor,
  by: { issuer: string } | { robotId: string },
): Promise<TrustRule[]> {
  const query = executor.db.selectFrom('trust_rules').selectAll().orderBy('id')
  const rows = await (
    'issuer' in by ? query.where('issuer', '=', by.issuer) : query.where('robot_id', '=', by.robotId)
  ).execute()
  return rows.map(({ id, robot_id, issuer, claims }) => ({
    id,
    robotId: robot_id,
    issuer,
    claims: JSON.parse(claims) as Record<string, string>,
  }))
}

export async function insertTrustRule(tx: Transaction, rule: Omit<TrustRule, 'id'>, now: Date): Promise<void> {
  await tx.db
    .insertInto('trust_rules')
    .values({
      robot_id: rule.robotId,
      issuer: rule.issuer,
      claims: JSON.stringify(rule.claims),
      created_at: now.getTime(),
    })
    .execute()
}

/** Returns whether that robot had such a rule. */
export async function deleteTrustRule(tx: Transaction, robotId: string, id: number): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('trust_rules')
    .where('robot_id', '=', robotId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
