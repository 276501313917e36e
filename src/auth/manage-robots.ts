import { actionsOf } from '../access/actions.ts'
import { deleteGrantsOf, listGrantsOf } from '../access/grant-store.ts'
import { type By, change, makerOf, type Management, requireFound, requireHeld } from '../access/management.ts'
import { findProjectById, type Project } from '../access/project-store.ts'
import { randomId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import {
  deleteRobot,
  deleteTrustRule,
  findRobot,
  insertRobot,
  insertTrustRule,
  type Robot,
  type RobotChange,
  updateRobot,
} from './robot-store.ts'
import { hashSecret, newSecret } from './secrets.ts'
import { ROBOT_PREFIX } from './user-store.ts'
import type { WorkloadPreset } from './workload-presets.ts'
import { parseRuleClaims } from './workload-rule.ts'

const SHORT_NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/
const MAX_NAME = 200
const DAY_MS = 24 * 60 * 60_000
export const ROBOT_DAYS = 90

export interface RobotInput {
  /** The part after the project's name. */
  readonly name: string
  /** Undefined: 90 days, or never where there is no secret that could be lost; null: never. */
  readonly expiresInDays?: number | null | undefined
  /** Only known by tokens of its workload: nothing that could be stolen. */
  readonly withoutSecret?: boolean | undefined
}

export interface MadeRobot {
  readonly name: string
  /** Shown this once. */
  readonly secret: string | undefined
  readonly expiresAt: Date | undefined
}

/** `robot.PROJECT.NAME`: no sign that a shell or a CI variable would trip over. @throws Problem */
export function robotName(project: Project | undefined, name: string): string {
  if (!SHORT_NAME.test(name))
    throw new Problem('invalid', 'a robot’s name has 1 to 40 lower-case letters, digits and "-" between them')
  const full = `${ROBOT_PREFIX}${project === undefined ? '' : `${project.name.replaceAll('/', '.')}.`}${name}`
  if (full.length > MAX_NAME) throw new Problem('invalid', `"${full}" is too long for a robot’s name`)
  return full
}

/** Undefined: of the whole registry, made by administrators. @throws Problem */
export async function createRobot(
  m: Management,
  by: By,
  project: Project | undefined,
  input: RobotInput,
): Promise<MadeRobot> {
  requirePerson(by)
  const name = robotName(project, input.name)
  const now = m.clock.now()
  const secret = input.withoutSecret === true ? undefined : newSecret('robot')
  const unlimited = input.withoutSecret === true && input.expiresInDays === undefined
  const expiresAt = expiryOf(unlimited ? null : input.expiresInDays, now)
  const detail = { expires: expiresAt?.toISOString() ?? 'never', project: project?.name }
  await change(m, by, { action: 'robot.created', target: `robot:${name}`, detail }, async (tx) => {
    if ((await findRobot(tx, name)) !== undefined) throw new Problem('conflict', `the name ${name} is taken`)
    const secretHash = secret === undefined ? undefined : hashSecret(secret)
    const robot = { id: randomId(), name, projectId: project?.id, maker: makerOf(by), secretHash, expiresAt }
    await insertRobot(tx, robot, now)
  })
  return { name, secret, expiresAt }
}

/**
 * Robots that bound each other would be bounded by nobody, and what a key makes would outlive it.
 * @throws Problem
 */
function requirePerson({ principal }: By): void {
  if (principal === undefined || (principal.kind === 'user' && principal.key === undefined)) return
  throw new Problem('forbidden', 'this takes a person with a password or a browser session, not a key or a robot')
}

export function expiryOf(days: number | null | undefined, now: Date): Date | undefined {
  return days === null ? undefined : new Date(now.getTime() + (days ?? ROBOT_DAYS) * DAY_MS)
}

/**
 * Whoever gets a robot's secret can do what it can. Nobody gets more that way than he has, in any project.
 * @throws Problem
 */
async function requireHoldsAsMuch(m: Management, by: By, robot: Robot): Promise<void> {
  requirePerson(by)
  if (by.principal === undefined) return
  const { reader } = m.database
  for (const { projectId, allows } of await listGrantsOf(reader, `robot:${robot.id}`)) {
    const project = await findProjectById(reader, projectId)
    if (project !== undefined) await requireHeld(m, by, project, actionsOf(allows))
  }
}

/** The old secret, and every token made with it, is void at once. @throws Problem */
export async function rotateRobotSecret(
  m: Management,
  by: By,
  robot: Robot,
  expiresInDays: number | undefined,
): Promise<MadeRobot> {
  await requireHoldsAsMuch(m, by, robot)
  if (!robot.hasSecret)
    throw new Problem('conflict', `${robot.name} was made without a secret: only tokens of its workload are that robot`)
  const secret = newSecret('robot')
  const now = m.clock.now()
  const forEver = robot.expiresAt === undefined && expiresInDays === undefined
  const expiresAt = forEver ? undefined : expiryOf(expiresInDays, now)
  const values = { secretHash: hashSecret(secret), revokedBefore: now, ...(expiresAt && { expiresAt }) }
  await change(m, by, { action: 'robot.secret-changed', target: `robot:${robot.name}` }, (tx) =>
    updateRobot(tx, robot.id, values),
  )
  return { name: robot.name, secret, expiresAt }
}

export interface RobotSettings {
  readonly disabled?: boolean | undefined
  readonly expiresInDays?: number | undefined
  /** Its rights are bounded by those of whoever asks for this, from now on. */
  readonly takeOver?: boolean | undefined
}

/** @throws Problem */
export async function changeRobot(m: Management, by: By, robot: Robot, settings: RobotSettings): Promise<void> {
  const { disabled, expiresInDays, takeOver } = settings
  if (takeOver === true || expiresInDays !== undefined) requirePerson(by)
  const now = m.clock.now()
  const values: RobotChange = {
    ...(disabled === undefined ? {} : { disabled }),
    ...(disabled === true ? { revokedBefore: now } : {}),
    ...(expiresInDays === undefined ? {} : { expiresAt: new Date(now.getTime() + expiresInDays * DAY_MS) }),
    ...(takeOver === true ? { maker: makerOf(by) } : {}),
  }
  const detail = { disabled, expiresInDays, takeOver }
  await change(m, by, { action: 'robot.changed', target: `robot:${robot.name}`, detail }, (tx) =>
    updateRobot(tx, robot.id, values),
  )
}

export async function removeRobot(m: Management, by: By, robot: Robot): Promise<void> {
  await change(m, by, { action: 'robot.removed', target: `robot:${robot.name}` }, async (tx) => {
    await deleteGrantsOf(tx, `robot:${robot.id}`)
    await deleteRobot(tx, robot.id)
  })
}

export interface TrustInput {
  /** Its name in the configuration. */
  readonly issuer: string
  readonly claims: Readonly<Record<string, string>>
}

/** @throws Problem */
export async function addTrust(m: Management, by: By, robot: Robot, input: TrustInput): Promise<void> {
  await requireHoldsAsMuch(m, by, robot)
  const { issuer } = input
  const preset = m.workloadPreset(issuer)
  if (preset === undefined)
    throw new Problem(
      'invalid',
      `the configuration has no auth.workload.${issuer.slice(0, 40)}; name the issuer there first`,
    )
  const claims = soundClaims(preset, input.claims)
  const about = { action: 'robot.trust-added', target: `robot:${robot.name}`, detail: { issuer, claims } }
  await change(m, by, about, (tx) => insertTrustRule(tx, { robotId: robot.id, issuer, claims }, m.clock.now()))
}

function soundClaims(preset: WorkloadPreset, claims: TrustInput['claims']): TrustInput['claims'] {
  try {
    return parseRuleClaims(preset, claims).claims
  } catch (error) {
    throw new Problem('invalid', error instanceof Error ? error.message : String(error))
  }
}

/** @throws Problem */
export async function removeTrust(m: Management, by: By, robot: Robot, id: number): Promise<void> {
  const about = { action: 'robot.trust-removed', target: `robot:${robot.name}`, detail: { rule: id } }
  await change(m, by, about, async (tx) => {
    if (!(await deleteTrustRule(tx, robot.id, id))) requireFound(undefined, `rule ${id} of ${robot.name}`)
  })
}
