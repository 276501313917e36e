import { addGroupMember, createGroup } from '../../../src/auth/manage-groups.ts'
import { addTrust, changeRobot } from '../../../src/auth/manage-robots.ts'
import { changeUser, removeUser } from '../../../src/auth/manage-users.ts'
import { addRule as addImmutability } from '../../../src/immutability/manage-rules.ts'
import { protect } from '../../../src/protection/manage-protections.ts'
import { addRule as addRetention } from '../../../src/retention/manage-rules.ts'
import { type TestWorkloadIssuer, startWorkloadIssuer } from '../../support/workload-issuer.ts'
import { image, pushImage } from '../../e2e/support/images.ts'
import { basic, type Headers } from '../../e2e/support/server.ts'
import { BY, fromElsewhere, type Person, World } from './world.ts'

/** What somebody was given in the projects `priv` and `pub`. Nobody but the operator was given anything in `other`. */
export const ROLES = [
  'none',
  'reader',
  'writer',
  'maintainer',
  'owner',
  'create-only',
  'pattern-hit',
  'pattern-miss',
  'group',
  'administrator',
  'auditor',
] as const
export type RoleName = (typeof ROLES)[number]

/** Roles that only people can have. */
const PEOPLE_ONLY: readonly RoleName[] = ['group', 'administrator', 'auditor']

export const PLACES = ['priv', 'pub', 'other', 'nowhere'] as const
export type Place = (typeof PLACES)[number]

/** How somebody proves who it is. */
export type Proof =
  | 'nothing'
  | 'anonymous-token'
  | 'basic'
  | 'token'
  | 'narrow-token'
  | 'foreign-token'
  | 'key'
  | 'scoped-key'
  | 'robot-secret'
  | 'robot-token'
  | 'workload'
  | 'session'
  | 'session-without-csrf'
  | 'dead'
  | 'dead-session'

/** Somebody who asks. */
export interface Asker {
  readonly label: string
  readonly role: RoleName
  readonly proof: Proof
  readonly headers: (place: Place) => Headers
}

const GRANTS: Readonly<Partial<Record<RoleName, readonly [allows: string, pattern?: string]>>> = {
  reader: ['reader'],
  writer: ['writer'],
  maintainer: ['maintainer'],
  owner: ['owner'],
  'create-only': ['pull,push'],
  'pattern-hit': ['writer', 'a*'],
  'pattern-miss': ['writer', 'b/**'],
}

export const IMAGE = image('access/cast')

/** Everybody has a project of its own that is not there, so that creating it changes nothing for anybody else. */
export function repositoryAt(place: Place, asker: Pick<Asker, 'role'>): string {
  return place === 'nowhere' ? `nowhere-${asker.role}/app` : `${place}/app`
}

export interface Cast {
  readonly world: World
  readonly askers: readonly Asker[]
  /** Things of `other` whose ids must mean nothing elsewhere. */
  readonly foreign: {
    readonly robot: string
    readonly grant: number
    /** Of the robot's trust. */
    readonly rule: number
    readonly retention: number
    readonly immutability: number
    readonly holder: string
  }
  close(): Promise<void>
}

export async function openCast(): Promise<Cast> {
  let world: World | undefined
  const issuer = await startWorkloadIssuer({ now: () => world?.clock.now() ?? new Date() })
  const workload = { ci: { preset: 'generic', issuer: issuer.issuer, audience: 'berth-test' } }
  world = await World.open({ auth: { workload } })
  await world.project('priv')
  await world.project('pub', true)
  await world.project('other')
  const operator = await world.user('operator-ann', { systemRole: 'administrator' })
  for (const name of ['priv/app', 'pub/app', 'other/app'])
    await pushImage({ registry: world.with(operator.basic), name }, IMAGE, 'v1')
  await createGroup(world.m, BY, 'team')
  for (const project of ['priv', 'pub']) await world.grant(project, 'group:team', 'writer')

  const askers: Asker[] = [
    ...(await deadOnes(world)),
    asker('nothing', 'none', 'nothing', {}),
    asker('an anonymous token', 'none', 'anonymous-token', await fullToken(world, {}, 'none')),
  ]
  for (const role of ROLES) askers.push(...(await peopleWith(world, role)))
  for (const role of ROLES) if (!PEOPLE_ONLY.includes(role)) askers.push(...(await robotsWith(world, issuer, role)))
  const foreign = await thingsOfOther(world)
  const opened = world
  return {
    world,
    askers,
    foreign,
    close: async () => {
      await opened.close()
      await issuer.close()
    },
  }
}

function asker(label: string, role: RoleName, proof: Proof, headers: Headers): Asker {
  return { label: `${label} (${role})`, role, proof, headers: () => headers }
}

function allScopes(role: RoleName, actions: string): string[] {
  return PLACES.map((place) => `repository:${repositoryAt(place, { role })}:${actions}`)
}

function fullToken(world: World, credentials: Headers, role: RoleName): Promise<Headers> {
  return world.token(credentials, ...allScopes(role, 'pull,push,delete'), 'registry:catalog:*')
}

async function give(world: World, subject: string, role: RoleName): Promise<void> {
  const [allows, pattern] = GRANTS[role] ?? []
  if (allows === undefined) return
  for (const project of ['priv', 'pub']) await world.grant(project, subject, allows, pattern)
}

async function peopleWith(world: World, role: RoleName): Promise<Asker[]> {
  const systemRole = role === 'administrator' || role === 'auditor' ? role : 'none'
  const person = await world.user(`u-${role}`, { systemRole })
  await give(world, `user:${person.name}`, role)
  if (role === 'group') await addGroupMember(world.m, BY, { group: 'team', user: person.name })
  const key = await world.key(person, { name: 'all' })
  const scoped = await world.key(person, { name: 'scoped', scopes: [{ pattern: 'priv/**', allows: 'pull' }] })
  const browser = await world.browser(person)
  return [
    asker('Basic', role, 'basic', person.basic),
    asker('a token', role, 'token', await fullToken(world, person.basic, role)),
    asker('a token for pulling', role, 'narrow-token', await world.token(person.basic, ...allScopes(role, 'pull'))),
    asker(
      'a token for elsewhere',
      role,
      'foreign-token',
      await world.token(person.basic, 'repository:x/y:pull,push,delete'),
    ),
    asker('an API key', role, 'key', key.basic),
    asker('a token of an API key', role, 'token', await fullToken(world, key.basic, role)),
    asker('a scoped API key', role, 'scoped-key', scoped.basic),
    asker('a session', role, 'session', browser.headers),
    asker('a session without the CSRF token', role, 'session-without-csrf', browser.withoutCsrf),
  ]
}

async function robotsWith(world: World, issuer: TestWorkloadIssuer, role: RoleName): Promise<Asker[]> {
  const robot = await world.robot('priv', { name: role })
  await give(world, `robot:${robot.name}`, role)
  await addTrust(world.m, BY, await world.robotNamed(robot.name), { issuer: 'ci', claims: { sub: `job:${role}` } })
  const jwt = await issuer.sign({ sub: `job:${role}`, aud: 'berth-test' })
  world.secrets.add(jwt)
  return [
    asker('a robot’s secret', role, 'robot-secret', robot.basic),
    asker('a robot’s token', role, 'robot-token', await fullToken(world, robot.basic, role)),
    asker('a workload’s token', role, 'workload', basic(robot.name, jwt)),
  ]
}

/** Whoever could do everything, and now nothing any more. They come from another address each time. */
async function deadOnes(world: World): Promise<Asker[]> {
  const disabled = await strong(world, 'u-disabled')
  const disabledToken = await fullToken(world, disabled.basic, 'none')
  const disabledKey = await world.key(disabled)
  const removed = await strong(world, 'u-removed')
  const removedToken = await fullToken(world, removed.basic, 'none')
  const removedKey = await world.key(removed)
  const removedBrowser = await world.browser(removed)
  const disabledBrowser = await world.browser(disabled)
  const keyOwner = await strong(world, 'u-expired')
  const expiredKey = await world.key(keyOwner, { expiresInDays: 1 })
  const expiredRobot = await world.robot('priv', { name: 'expired', expiresInDays: 1 })
  const disabledRobot = await world.robot('priv', { name: 'disabled' })
  for (const robot of [expiredRobot, disabledRobot]) await give(world, `robot:${robot.name}`, 'owner')
  const expiredRobotToken = await fullToken(world, expiredRobot.basic, 'none')
  const oldToken = await fullToken(world, keyOwner.basic, 'none')
  await changeUser(world.m, BY, disabled.name, { disabled: true })
  await removeUser(world.m, BY, removed.name)
  await changeRobot(world.m, BY, await world.robotNamed(disabledRobot.name), { disabled: true })
  world.clock.advance(2 * 24 * 60 * 60_000)
  const all: readonly (readonly [string, Headers])[] = [
    ['a disabled user', disabled.basic],
    ['a disabled user’s token', disabledToken],
    ['a disabled user’s key', disabledKey.basic],
    ['a disabled user’s session', disabledBrowser.headers],
    ['a removed user', removed.basic],
    ['a removed user’s token', removedToken],
    ['a removed user’s key', removedKey.basic],
    ['a removed user’s session', removedBrowser.headers],
    ['an expired key', expiredKey.basic],
    ['an expired robot', expiredRobot.basic],
    ['an expired robot’s token', expiredRobotToken],
    ['a disabled robot', disabledRobot.basic],
    ['an expired token', oldToken],
  ]
  return all.map(([label, headers]) => ({
    ...asker(label, 'none', label.endsWith('session') ? 'dead-session' : 'dead', {}),
    headers: () => ({ ...headers, ...fromElsewhere() }),
  }))
}

async function strong(world: World, name: string): Promise<Person> {
  const person = await world.user(name, { systemRole: 'administrator' })
  await give(world, `user:${name}`, 'owner')
  return person
}

async function thingsOfOther(world: World): Promise<Cast['foreign']> {
  const robot = await world.robot('other', { name: 'ci' })
  await addTrust(world.m, BY, await world.robotNamed(robot.name), { issuer: 'ci', claims: { sub: 'other:job' } })
  await world.grant('other', `robot:${robot.name}`, 'writer')
  const [grant] = await world.query<{ id: number }>('select max(id) as id from grants')
  const [rule] = await world.query<{ id: number }>('select max(id) as id from trust_rules')
  const project = await world.projectNamed('other')
  const { id: retention } = await addRetention(world.m, BY, project, { tags: 'none-*', keep: {} })
  const { id: immutability } = await addImmutability(world.m, BY, project, { tags: 'none-*' })
  const { holder } = await protect(world.m, BY, project, { holder: 'ci', images: ['other/app:v1'], seconds: 86_400 })
  return { robot: robot.name, grant: grant?.id ?? 0, rule: rule?.id ?? 0, retention, immutability, holder }
}
