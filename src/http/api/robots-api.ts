import { z } from 'zod'
import { findAccount } from '../../auth/accounts.ts'
import { requireFound, type Management } from '../../access/management.ts'
import type { Project } from '../../access/project-store.ts'
import { findUses } from '../../auth/api-key-store.ts'
import {
  addTrust,
  changeRobot,
  createRobot,
  type MadeRobot,
  removeRobot,
  removeTrust,
  rotateRobotSecret,
} from '../../auth/manage-robots.ts'
import { findRobot, listRobots, listTrustRules, type Robot } from '../../auth/robot-store.ts'
import type { ApiAccess, ApiCall, ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { oneProject } from './projects-api.ts'
import { date, days, listOf } from './schemas.ts'

const robotName = z.string().max(200).describe('Full name of a robot: robot.PROJECT.NAME.')
const robot = z.strictObject({
  name: robotName,
  hasSecret: z.boolean(),
  disabled: z.boolean(),
  expiresAt: date.optional().describe('Absent: never.'),
  createdAt: date,
  usedAt: date.optional().describe('To the hour.'),
  maker: z.string().optional().describe('Whose rights bound it; absent: the operator’s, who may do everything.'),
})
const made = z.strictObject({
  name: robotName,
  secret: z.string().optional().describe('Shown here and never again.'),
  expiresAt: date.optional(),
})
const trustRule = z.strictObject({ id: z.int(), issuer: z.string(), claims: z.record(z.string(), z.string()) })
const trustBody = z.strictObject({
  issuer: z.string().max(40).describe('Name of a workload issuer in the configuration.'),
  claims: z
    .record(z.string().max(100), z.string().max(500))
    .describe('What its token must say; "*" stands for any characters.'),
})

function madeBody({ name, secret, expiresAt }: MadeRobot): z.infer<typeof made> {
  return { name, ...(secret === undefined ? {} : { secret }), ...(expiresAt && { expiresAt: expiresAt.toISOString() }) }
}

async function toBody(m: Management, found: Robot, usedAt: Date | undefined): Promise<z.infer<typeof robot>> {
  const { reader } = m.database
  const maker = found.maker === undefined ? undefined : ((await findAccount(reader, found.maker))?.name ?? '(gone)')
  return {
    name: found.name,
    hasSecret: found.hasSecret,
    disabled: found.disabled,
    ...(found.expiresAt && { expiresAt: found.expiresAt.toISOString() }),
    createdAt: found.createdAt.toISOString(),
    ...(usedAt && { usedAt: usedAt.toISOString() }),
    ...(maker === undefined ? {} : { maker }),
  }
}

/** A robot of exactly this project: another's is as absent as none (CVE-2022-31666 class). */
async function robotOf(m: Management, project: Project | undefined, name: string): Promise<Robot> {
  const found = await findRobot(m.database.reader, name)
  return requireFound(found?.projectId === project?.id ? found : undefined, `robot "${name}" here`)
}

type Call<P, B = undefined> = ApiCall<P, object, B>

/** The same routes for the robots of a project and for those of the whole registry. */
function robotRoutesAt(base: '/projects/{project}' | '', access: ApiAccess, suffix: string): ApiRoute[] {
  const all = base === '' ? z.strictObject({}) : oneProject
  const one = all.extend({ robot: robotName })
  type One = { readonly robot: string }
  return [
    define(`GET ${base}/robots`, {
      id: `list${suffix}`,
      access: base === '' ? 'inspect' : access,
      summary: 'Robot accounts, without their secrets.',
      parameters: all,
      response: listOf(robot),
      handle: async ({ m, project }: Call<object>) => {
        const robots = await listRobots(m.database.reader, project?.id)
        const uses = await findUses(
          m.database.reader,
          robots.map((each) => each.id),
        )
        return { items: await Promise.all(robots.map((each) => toBody(m, each, uses.get(each.id)))) }
      },
    }),
    define(`POST ${base}/robots`, {
      id: `create${suffix}`,
      access,
      summary: 'Makes a robot account. It may do nothing until it is granted something.',
      parameters: all,
      body: z.strictObject({
        name: z.string().max(40),
        expiresInDays: days.nullable().optional().describe('90 when absent; null: never.'),
        withoutSecret: z.boolean().optional().describe('It is known by workload tokens only.'),
      }),
      response: made,
      status: 201,
      handle: async (call) => madeBody(await createRobot(call.m, call, call.project, call.body)),
    }),
    define(`GET ${base}/robots/{robot}`, {
      id: `get${suffix}`,
      access: base === '' ? 'inspect' : access,
      summary: 'One robot account.',
      parameters: one,
      response: robot,
      handle: async ({ m, project, parameters }: Call<One>) => {
        const found = await robotOf(m, project, parameters.robot)
        return toBody(m, found, (await findUses(m.database.reader, [found.id])).get(found.id))
      },
    }),
    define(`PATCH ${base}/robots/{robot}`, {
      id: `change${suffix}`,
      access,
      summary:
        'Disables, enables or prolongs a robot account, or takes it over: its rights are then bounded by the caller’s.',
      parameters: one,
      body: z.strictObject({
        disabled: z.boolean().optional(),
        expiresInDays: days.optional(),
        takeOver: z.boolean().optional(),
      }),
      handle: async (call) =>
        changeRobot(call.m, call, await robotOf(call.m, call.project, (call.parameters as One).robot), call.body),
    }),
    define(`DELETE ${base}/robots/{robot}`, {
      id: `remove${suffix}`,
      access,
      summary: 'Removes a robot account.',
      parameters: one,
      handle: async (call: Call<One>) =>
        removeRobot(call.m, call, await robotOf(call.m, call.project, call.parameters.robot)),
    }),
    define(`POST ${base}/robots/{robot}/secret`, {
      id: `rotate${suffix}Secret`,
      access,
      summary: 'Gives a robot account a new secret; the old one is void at once.',
      parameters: one,
      body: z.strictObject({ expiresInDays: days.optional() }),
      response: made,
      handle: async (call) => {
        const found = await robotOf(call.m, call.project, (call.parameters as One).robot)
        return madeBody(await rotateRobotSecret(call.m, call, found, call.body.expiresInDays))
      },
    }),
    define(`GET ${base}/robots/{robot}/trust`, {
      id: `list${suffix}Trust`,
      access: base === '' ? 'inspect' : access,
      summary: 'Which workloads are this robot.',
      parameters: one,
      response: listOf(trustRule),
      handle: async ({ m, project, parameters }: Call<One>) => {
        const { id: robotId } = await robotOf(m, project, parameters.robot)
        const rules = await listTrustRules(m.database.reader, { robotId })
        return { items: rules.map(({ id, issuer, claims }) => ({ id, issuer, claims })) }
      },
    }),
    define(`POST ${base}/robots/{robot}/trust`, {
      id: `add${suffix}Trust`,
      access,
      summary: 'Makes workloads whose token says this the robot.',
      parameters: one,
      body: trustBody,
      handle: async (call) =>
        addTrust(call.m, call, await robotOf(call.m, call.project, (call.parameters as One).robot), call.body),
    }),
    define(`DELETE ${base}/robots/{robot}/trust/{rule}`, {
      id: `remove${suffix}Trust`,
      access,
      summary: 'Removes such a rule.',
      parameters: one.extend({ rule: z.coerce.number().int() }),
      handle: async (call: Call<One & { readonly rule: number }>) =>
        removeTrust(call.m, call, await robotOf(call.m, call.project, call.parameters.robot), call.parameters.rule),
    }),
  ]
}

export const robotRoutes: readonly ApiRoute[] = [
  ...robotRoutesAt('/projects/{project}', 'manage', 'ProjectRobot'),
  ...robotRoutesAt('', 'administer', 'Robot'),
]
