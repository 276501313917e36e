import { beforeEach, describe, expect, it } from 'bun:test'
import { AccessWorld } from '../../test/support/access-world.ts'
import { type Account, principalOf } from '../auth/accounts.ts'
import { ANONYMOUS, type KeyScope, type Principal } from '../auth/principal.ts'
import type { TokenAccess } from '../auth/scope.ts'
import { parseRepositoryName } from '../oci/name.ts'
import { type Action, REPOSITORY_ACTIONS, ROLES } from './actions.ts'
import type { AnonymousAccess, Decision, ProjectCreation, Resource } from './authorizer.ts'
import type { Project } from './project-store.ts'

const ALL: readonly Action[] = [...REPOSITORY_ACTIONS, 'catalog', 'administer', 'inspect']
const CONTENT: readonly Action[] = ['pull', 'push', 'overwrite', 'delete']

let world: AccessWorld
beforeEach(() => {
  world = new AccessWorld()
})

/** `registry`, a project, or the name of a repository. */
type Place = Resource | string

function resourceOf(place: Place): Resource {
  return typeof place === 'string' && place !== 'registry' ? { repository: parseRepositoryName(place) } : place
}

async function ask(who: Principal | Account, action: Action, on: Place): Promise<Decision> {
  return world.authorizer.allows('subjects' in who ? principalOf(who) : who, action, resourceOf(on))
}

/** All that somebody may do there. */
async function may(who: Principal | Account, on: Place, among = ALL): Promise<Action[]> {
  const allowed: Action[] = []
  for (const action of among) if ((await ask(who, action, on)).allowed) allowed.push(action)
  return allowed
}

function withKey(who: Account, scopes: readonly KeyScope[] | undefined): Principal {
  return { ...principalOf(who), key: { id: 'key', scopes } }
}

function withToken(who: Principal | Account, ...tokenAccess: readonly TokenAccess[]): Principal {
  return { ...('subjects' in who ? principalOf(who) : who), tokenAccess }
}

function entry(name: string, actions: TokenAccess['actions'], project: Project | null): TokenAccess {
  return { type: 'repository', name, actions, project: project?.id ?? null }
}

const CATALOG: TokenAccess = { type: 'registry', name: 'catalog', actions: ['*'], project: null }

describe('without signing in', () => {
  it.each<[AnonymousAccess, Action[]]>([
    ['none', []],
    ['pull', ['pull']],
    ['push', ['pull', 'push', 'overwrite', 'delete']],
  ])('outside of projects "%s" allows %p', async (anonymous, actions) => {
    world.anonymous = anonymous
    expect(await may(ANONYMOUS, 'team/app', REPOSITORY_ACTIONS)).toEqual(actions)
    expect(await may(ANONYMOUS, 'registry')).toEqual(anonymous === 'none' ? [] : ['catalog'])
    expect((await ask(ANONYMOUS, 'push', 'team/app')).creates).toBeUndefined()
  })

  it.each<AnonymousAccess>(['none', 'pull', 'push'])('"%s" says nothing about projects', async (anonymous) => {
    world.anonymous = anonymous
    const closed = world.addProject('closed')
    const open = world.addProject('open', { public: true })
    for (const on of ['closed', 'closed/app', { project: closed }] as const)
      expect(await may(ANONYMOUS, on)).toEqual([])
    for (const on of ['open', 'open/app', { project: open }] as const)
      expect(await may(ANONYMOUS, on)).toEqual(['pull'])
  })

  it('the list may be asked for where there is something public in it', async () => {
    const project = world.addProject('team')
    expect(await may(ANONYMOUS, 'registry')).toEqual([])
    world.removeProject(project)
    world.addProject('team', { public: true })
    expect(await may(ANONYMOUS, 'registry')).toEqual(['catalog'])
  })

  it('the rule is asked for each time, so that a change counts at once', async () => {
    world.anonymous = 'push'
    expect((await ask(ANONYMOUS, 'push', 'team/app')).allowed).toBe(true)
    world.anonymous = 'none'
    expect(await ask(ANONYMOUS, 'push', 'team/app')).toEqual({ allowed: false, rule: 'auth.anonymous is "none"' })
  })
})

describe('a user in a project', () => {
  const expected: Readonly<Record<(typeof ROLES)[number], readonly Action[]>> = {
    reader: ['pull'],
    writer: ['pull', 'push', 'overwrite'],
    maintainer: ['pull', 'push', 'overwrite', 'delete', 'protect'],
    owner: ['pull', 'push', 'overwrite', 'delete', 'protect', 'manage'],
  }

  it.each(ROLES)('as a %s may do what the role says, in every repository and the project as a whole', async (role) => {
    const ann = world.add('ann')
    const project = world.addProject('team')
    world.grant(project, ann.id, role)
    for (const on of ['team', 'team/app', 'team/a/b', { project }] as const)
      expect(await may(ann, on)).toEqual([...expected[role]])
    expect(await may(ann, 'registry')).toEqual(['catalog'])
    expect((await ask(ann, 'pull', 'team/app')).rule).toBe(`ann is "${role}" in the project team`)
  })

  it('without a grant may do nothing in it, and nowhere else by a grant', async () => {
    const [ann, bob] = [world.add('ann'), world.add('bob')]
    const project = world.addProject('team')
    const other = world.addProject('other')
    world.grant(project, ann.id, 'owner')
    for (const on of ['team', 'team/app', { project }] as const) expect(await may(bob, on)).toEqual([])
    for (const on of ['other/app', { project: other }, 'team-2/app', 'teams', 'tea/m'] as const)
      expect(await may(ann, on)).toEqual([])
    expect((await ask(bob, 'pull', 'team/app')).rule).toBe('nothing gives bob pull in the project team')
  })

  it('without a grant may pull what is public, and no more', async () => {
    const ann = world.add('ann')
    const project = world.addProject('team', { public: true })
    expect(await may(ann, 'team/app')).toEqual(['pull'])
    world.grant(project, ann.id, 'push')
    expect(await may(ann, 'team/app')).toEqual(['pull', 'push'])
  })

  it.each([
    ['push', ['push']],
    ['pull,delete', ['pull', 'delete']],
    ['pull,fly', ['pull']],
    ['', []],
    ['administer', []],
    ['constructor', []],
  ])('with actions "%s" may do just those', async (allows, actions) => {
    const ann = world.add('ann')
    world.grant(world.addProject('team'), ann.id, allows)
    expect(await may(ann, 'team/app')).toEqual(actions as Action[])
  })

  it('several grants add up', async () => {
    const ann = world.add('ann')
    const project = world.addProject('team')
    world.grant(project, ann.id, 'pull')
    world.grant(project, ann.id, 'delete', 'app')
    expect(await may(ann, 'team/app')).toEqual(['pull', 'delete'])
    expect(await may(ann, 'team/app-2')).toEqual(['pull'])
  })

  it('a project below another is its own: grants of the one above do not reach into it, nor the other way', async () => {
    const [ann, bob] = [world.add('ann'), world.add('bob')]
    world.grant(world.addProject('team'), ann.id, 'owner')
    world.grant(world.addProject('team/secret'), bob.id, 'owner')
    expect(await may(ann, 'team/secret')).toEqual([])
    expect(await may(ann, 'team/secret/app')).toEqual([])
    expect(await may(ann, 'team/secrets')).toEqual([...REPOSITORY_ACTIONS])
    expect(await may(bob, 'team/app')).toEqual([])
    expect(await may(bob, 'team/secret/app')).toEqual([...REPOSITORY_ACTIONS])
  })

  it('is what --anonymous push opens only outside of projects', async () => {
    world.anonymous = 'push'
    const ann = world.add('ann')
    world.addProject('team')
    expect(await may(ann, 'team/app')).toEqual([])
    expect(await may(ann, 'elsewhere/app', REPOSITORY_ACTIONS)).toEqual([...CONTENT])
  })
})

describe('patterns', () => {
  it.each([
    ['app', ['team/app']],
    ['*', ['team/app', 'team/db']],
    ['a*', ['team/app']],
    ['*/web', ['team/app/web']],
    ['**', ['team/app', 'team/app/web', 'team/db']],
    ['**/web', ['team/app/web']],
    ['team/app', []],
  ])('%s is of what comes after the project', async (pattern, names) => {
    const ann = world.add('ann')
    const project = world.addProject('team')
    world.grant(project, ann.id, 'owner', pattern)
    const reached: string[] = []
    for (const name of ['team/app', 'team/app/web', 'team/db', 'other/app'])
      if ((await may(ann, name)).length > 0) reached.push(name)
    expect(reached).toEqual(names)
    expect(await may(ann, { project })).toEqual([])
  })

  it('a project that is a repository too: only patterns of anything reach that one', async () => {
    const ann = world.add('ann')
    const project = world.addProject('team')
    world.grant(project, ann.id, 'reader', '**')
    world.grant(project, ann.id, 'writer', 'team')
    expect(await may(ann, 'team')).toEqual(['pull'])
  })
})

describe('groups', () => {
  it('what a group was given its members have, and the rule says so', async () => {
    const project = world.addProject('team')
    const [ann, bob] = [world.add('ann', { subjects: ['user:ann-id', 'group:7'] }), world.add('bob')]
    world.grant(project, 'group:7', 'writer', 'app')
    expect(await may(ann, 'team/app')).toEqual(['pull', 'push', 'overwrite'])
    expect(await may(ann, 'team/db')).toEqual([])
    expect(await may(bob, 'team/app')).toEqual([])
    expect((await ask(ann, 'push', 'team/app')).rule).toBe(
      'ann is "writer" in the project team for app through a group',
    )
  })

  it('whoever leaves the group loses it at once', async () => {
    const project = world.addProject('team')
    const ann = world.add('ann', { subjects: ['user:ann-id', 'group:7'] })
    world.grant(project, 'group:7', 'owner')
    expect((await ask(ann, 'manage', { project })).allowed).toBe(true)
    world.add('ann')
    expect((await ask(ann, 'manage', { project })).allowed).toBe(false)
  })
})

describe('administrators and auditors', () => {
  it('an administrator may do everything everywhere', async () => {
    const root = world.add('root', { systemRole: 'administrator' })
    const project = world.addProject('team')
    for (const on of ['registry', 'team/app', 'elsewhere/app', { project }] as const)
      expect(await may(root, on)).toEqual([...ALL])
  })

  it('an administrator’s push makes a project, but not where there is one, where all is open, or where there is something', async () => {
    const root = world.add('root', { systemRole: 'administrator' })
    world.addProject('team')
    world.occupied.add('old')
    const creates = async (name: string) => (await ask(root, 'push', name)).creates
    expect([await creates('new/app'), await creates('team/app'), await creates('old/app')]).toEqual([
      'new',
      undefined,
      undefined,
    ])
    expect((await ask(root, 'pull', 'new/app')).creates).toBeUndefined()
    world.anonymous = 'push'
    expect(await creates('new/app')).toBeUndefined()
  })

  it('an auditor sees everything and changes nothing but what was given', async () => {
    const eve = world.add('eve', { systemRole: 'auditor' })
    const project = world.addProject('team')
    for (const on of ['registry', 'team/app', 'elsewhere/app', { project }] as const)
      expect(await may(eve, on)).toEqual(['pull', 'catalog', 'inspect'])
    world.grant(project, eve.id, 'push')
    expect(await may(eve, 'team/app')).toEqual(['pull', 'push', 'catalog', 'inspect'])
  })

  it('others may neither administer nor inspect, also owners', async () => {
    const ann = world.add('ann')
    world.grant(world.addProject('team'), ann.id, 'owner')
    for (const on of ['registry', 'team/app'] as const) {
      expect((await ask(ann, 'administer', on)).allowed).toBe(false)
      expect((await ask(ann, 'inspect', on)).allowed).toBe(false)
    }
    expect((await ask(ann, 'inspect', 'registry')).rule).toContain('administrators and auditors')
  })
})

describe('accounts that are no more', () => {
  it.each<[string, Partial<Account>]>([
    ['disabled', { disabled: true }],
    ['expired', { expiresAt: new Date(Date.UTC(2029, 11, 31)) }],
    ['expiring this very moment', { expiresAt: new Date(Date.UTC(2030, 0, 1)) }],
    ['disabled administrators', { disabled: true, systemRole: 'administrator' }],
    ['disabled auditors', { disabled: true, systemRole: 'auditor' }],
  ])('%s: nothing, not even what is public or open', async (_, change) => {
    world.anonymous = 'push'
    const ann = world.add('ann', change)
    world.grant(world.addProject('team', { public: true }), ann.id, 'owner')
    for (const on of ['registry', 'team/app', 'elsewhere/app'] as const) expect(await may(ann, on)).toEqual([])
  })

  it('gone: nothing', async () => {
    const ann = world.add('ann')
    world.addProject('team', { public: true })
    expect(await may(ann, 'team/app')).toEqual(['pull'])
    world.remove(ann)
    expect(await may(ann, 'team/app')).toEqual([])
  })

  it('expiring later: still there until then', async () => {
    const ann = world.add('ann', { expiresAt: new Date(world.nowMs + 1000) })
    world.addProject('team', { public: true })
    expect(await may(ann, 'team/app')).toEqual(['pull'])
    world.nowMs += 1000
    expect(await may(ann, 'team/app')).toEqual([])
  })

  it('who says to be somebody without being one is nobody', async () => {
    for (const id of ['user:', 'robot:', 'anonymous', 'operator', ''])
      expect(await may({ kind: 'user', id, name: 'root' }, 'team/app')).toEqual([])
  })
})

describe('robots', () => {
  function robot(maker: string | undefined, change: Partial<Account> = {}): Account {
    return world.add('robot.ci', { kind: 'robot', maker, ...change })
  }

  it('have what they were given', async () => {
    const ci = robot(undefined)
    world.grant(world.addProject('team'), ci.id, 'writer', 'app')
    expect(await may(ci, 'team/app')).toEqual(['pull', 'push', 'overwrite'])
    expect(await may(ci, 'team/db')).toEqual([])
    expect(await may(ci, 'registry')).toEqual(['catalog'])
  })

  it('never have more than their maker has at this moment', async () => {
    const ann = world.add('ann')
    const ci = robot(ann.id)
    const project = world.addProject('team')
    world.grant(project, ci.id, 'maintainer')
    expect(await may(ci, 'team/app')).toEqual([])
    world.grant(project, ann.id, 'writer', 'app')
    expect(await may(ci, 'team/app')).toEqual(['pull', 'push', 'overwrite'])
    expect(await may(ci, 'team/db')).toEqual([])
    expect((await ask(ci, 'delete', 'team/app')).rule).toContain('whoever made robot.ci may not do this any more')
  })

  it('have nothing of their maker that they were not given', async () => {
    const root = world.add('root', { systemRole: 'administrator' })
    const ci = robot(root.id)
    world.grant(world.addProject('team'), ci.id, 'reader')
    world.addProject('other')
    expect(await may(ci, 'team/app')).toEqual(['pull'])
    expect(await may(ci, 'other/app')).toEqual([])
    expect(await may(ci, 'registry')).toEqual(['catalog'])
  })

  it.each<[string, (maker: Account) => void]>([
    ['is disabled', ({ name }) => world.add(name, { disabled: true, systemRole: 'administrator' })],
    ['is gone', (maker) => world.remove(maker)],
    ['is no administrator any more', ({ name }) => world.add(name)],
  ])('lose everything when their maker %s', async (_, change) => {
    const root = world.add('root', { systemRole: 'administrator' })
    const ci = robot(root.id)
    const project = world.addProject('team')
    world.grant(project, ci.id, 'owner')
    expect(await may(ci, { project })).toEqual([...REPOSITORY_ACTIONS])
    change(root)
    for (const on of ['team/app', { project }] as const) expect(await may(ci, on)).toEqual([])
  })

  it('of a maker who owns the project hold what they were given there, also of the project as a whole', async () => {
    const ann = world.add('ann')
    const ci = robot(ann.id)
    const project = world.addProject('team')
    world.grant(project, ann.id, 'owner')
    world.grant(project, ci.id, 'pull,manage')
    expect(await may(ci, { project })).toEqual(['pull', 'manage'])
  })

  it.each<ProjectCreation>(['administrators', 'own', 'everyone'])('make no project under "%s"', async (creation) => {
    world = new AccessWorld(creation)
    const ci = robot(undefined, { name: 'robot.ci' })
    expect(await may(ci, 'robot.ci/app')).toEqual([])
    expect(await may(ci, 'new/app')).toEqual([])
  })
})

describe('a first push', () => {
  it.each<[ProjectCreation, boolean, boolean]>([
    ['administrators', false, false],
    ['own', true, false],
    ['everyone', true, true],
  ])('under "%s": under the own name %p, elsewhere %p', async (creation, own, elsewhere) => {
    world = new AccessWorld(creation)
    const ann = world.add('ann')
    for (const [name, project, allowed] of [
      ['ann/app', 'ann', own],
      ['ann', 'ann', own],
      ['team/app', 'team', elsewhere],
      ['ann-2/app', 'ann-2', elsewhere],
      ['team/ann', 'team', elsewhere],
    ] as const) {
      expect(await may(ann, name)).toEqual(allowed ? ['pull', 'push', 'overwrite'] : [])
      expect((await ask(ann, 'push', name)).creates).toBe(allowed ? project : undefined)
      expect((await ask(ann, 'pull', name)).creates).toBeUndefined()
    }
  })

  it('makes no project of a name that has something in it already', async () => {
    world = new AccessWorld('everyone')
    const ann = world.add('ann')
    world.occupied.add('old')
    expect(await may(ann, 'old/app')).toEqual([])
    expect((await ask(ann, 'push', 'old/app')).rule).toContain('only an administrator')
    expect(await may(ann, 'older/app')).toEqual(['pull', 'push', 'overwrite'])
  })

  it('goes to the project that is there, whose rules count', async () => {
    world = new AccessWorld('everyone')
    const ann = world.add('ann')
    world.addProject('ann')
    expect(await may(ann, 'ann/app')).toEqual([])
    world.addProject('team/sub')
    expect((await ask(ann, 'push', 'team/app')).creates).toBe('team')
  })

  it('makes none where everybody may push anyway', async () => {
    world = new AccessWorld('everyone')
    world.anonymous = 'push'
    expect(await ask(world.add('ann'), 'push', 'ann/app')).toEqual({ allowed: true, rule: 'auth.anonymous is "push"' })
  })
})

describe('with an API key', () => {
  let ann: Account
  let project: Project
  beforeEach(() => {
    ann = world.add('ann')
    project = world.addProject('team')
    world.grant(project, ann.id, 'owner')
  })

  it('without scopes: everything its owner may do, and no more', async () => {
    expect(await may(withKey(ann, undefined), 'team/app')).toEqual([...REPOSITORY_ACTIONS])
    expect(await may(withKey(ann, undefined), { project })).toEqual([...REPOSITORY_ACTIONS])
    expect(await may(withKey(world.add('bob'), undefined), 'team/app')).toEqual([])
  })

  it('with scopes: where a pattern matches the whole name, the actions beside it', async () => {
    const key = withKey(ann, [
      { pattern: 'team/app', actions: ['pull', 'push'] },
      { pattern: 'team/**', actions: ['pull'] },
      { pattern: 'other/**', actions: ['pull', 'delete'] },
    ])
    expect(await may(key, 'team/app')).toEqual(['pull', 'push'])
    expect(await may(key, 'team/app/web')).toEqual(['pull'])
    expect(await may(key, 'team')).toEqual([])
    expect(await may(key, 'other/app')).toEqual([])
    expect((await ask(key, 'delete', 'team/app')).rule).toBe('the API key was not made for delete here')
  })

  it('with scopes: nothing of a project as a whole or of the registry but the list, also for an administrator', async () => {
    const root = world.add('root', { systemRole: 'administrator' })
    const key = withKey(root, [{ pattern: '**', actions: [...REPOSITORY_ACTIONS, 'administer', 'inspect'] }])
    expect(await may(key, { project })).toEqual(['catalog'])
    expect(await may(key, 'registry')).toEqual(['catalog'])
    expect(await may(key, 'team/app', CONTENT)).toEqual([...CONTENT])
  })

  it('with no scope at all: nothing', async () => {
    expect(await may(withKey(ann, []), 'team/app')).toEqual([])
  })
})

describe('with a token', () => {
  let ann: Account
  let project: Project
  beforeEach(() => {
    ann = world.add('ann')
    project = world.addProject('team')
    world.grant(project, ann.id, 'owner')
  })

  it.each<[TokenAccess['actions'], Action[]]>([
    [['pull'], ['pull']],
    [['push'], ['push', 'overwrite']],
    [['delete'], ['delete']],
    [['*'], ['pull', 'push', 'overwrite', 'delete']],
    [[], []],
  ])('for %p: no more than that, and the refusal says that the token is the reason', async (actions, allowed) => {
    const holder = withToken(ann, entry('team/app', actions, project))
    expect(await may(holder, 'team/app')).toEqual(allowed)
    for (const action of REPOSITORY_ACTIONS)
      if (!allowed.includes(action))
        expect(await ask(holder, action, 'team/app')).toMatchObject({ tokenTooNarrow: true })
  })

  it('no more than its owner may do now, and then the token is not the reason', async () => {
    const holder = withToken(world.add('bob'), entry('team/app', ['*'], project))
    const decision = await ask(holder, 'push', 'team/app')
    expect(decision.allowed).toBe(false)
    expect(decision.tokenTooNarrow).toBeUndefined()
    world.anonymous = 'pull'
    const nobody = withToken(ANONYMOUS, entry('else/app', ['*'], null))
    expect(await may(nobody, 'else/app')).toEqual(['pull'])
  })

  it.each([
    ['nothing', []],
    ['another repository', [entry('team/app-2', ['*'], null)]],
    ['a repository whose name this one begins with', [entry('team', ['*'], null)]],
    ['the list', [CATALOG]],
    ['a registry of that name', [{ ...CATALOG, name: 'team/app' }]],
  ])('for %s opens no repository', async (_, tokenAccess) => {
    const bound = tokenAccess.map((each) => ({ ...each, project: project.id }))
    expect(await may(withToken(ann, ...bound), 'team/app')).toEqual([])
  })

  it('the list takes a token for the list', async () => {
    expect(await may(withToken(ann, CATALOG), 'registry')).toEqual(['catalog'])
    expect(await may(withToken(ann, entry('catalog', ['*'], project)), 'registry')).toEqual([])
    expect(await may(withToken(ann, { ...CATALOG, actions: ['pull'] }), 'registry')).toEqual([])
  })

  it('opens neither a project as a whole nor the registry, also an administrator’s', async () => {
    const root = world.add('root', { systemRole: 'administrator' })
    const holder = withToken(root, entry('team/app', ['*'], project), CATALOG)
    expect(await may(holder, { project })).toEqual([])
    expect(await may(holder, 'registry')).toEqual(['catalog'])
  })

  it('is void in a project that took the place of the one it was issued for', async () => {
    const holder = withToken(ann, entry('team/app', ['*'], project))
    expect(await may(holder, 'team/app')).toEqual([...CONTENT])
    world.removeProject(project)
    const next = world.addProject('team')
    world.grant(next, ann.id, 'owner')
    expect(await ask(holder, 'pull', 'team/app')).toMatchObject({ allowed: false, tokenTooNarrow: true })
    expect(await may(withToken(ann, entry('team/app', ['*'], next)), 'team/app')).toEqual([...CONTENT])
  })

  it('is void where a project was made below that one, or where there is none any more', async () => {
    const holder = withToken(ann, entry('team/app', ['*'], project))
    const below = world.addProject('team/app')
    world.grant(below, ann.id, 'owner')
    expect(await ask(holder, 'pull', 'team/app')).toMatchObject({ allowed: false, tokenTooNarrow: true })
    world.removeProject(below)
    world.removeProject(project)
    world.anonymous = 'push'
    expect(await ask(holder, 'pull', 'team/app')).toMatchObject({ allowed: false, tokenTooNarrow: true })
  })

  it('issued before the project is good in the one that its owner’s push made, and in nobody else’s', async () => {
    const issued = (who: Account) => withToken(who, entry('new/app', ['pull', 'push'], null))
    const bob = world.add('bob')
    const made = world.addProject('new', { createdBy: bob.id })
    world.grant(made, ann.id, 'owner')
    world.grant(made, bob.id, 'owner')
    expect(await may(issued(bob), 'new/app')).toEqual(['pull', 'push', 'overwrite'])
    expect(await ask(issued(ann), 'pull', 'new/app')).toMatchObject({ allowed: false, tokenTooNarrow: true })
    expect(await ask(withToken(ANONYMOUS, entry('new/app', ['pull'], null)), 'pull', 'new/app')).toMatchObject({
      allowed: false,
    })
  })

  it('that creates keeps saying so', async () => {
    const holder = withToken(ann, entry('ann/app', ['pull', 'push'], null))
    expect((await ask(holder, 'push', 'ann/app')).creates).toBe('ann')
  })

  it('of an API key is bound by both', async () => {
    const key = withKey(ann, [{ pattern: 'team/app', actions: ['pull', 'delete'] }])
    const holder = withToken(key, entry('team/app', ['pull', 'push'], project), entry('team/db', ['pull'], project))
    expect(await may(holder, 'team/app')).toEqual(['pull'])
    expect(await may(holder, 'team/db')).toEqual([])
    const decision = await ask(holder, 'push', 'team/app')
    expect(decision.tokenTooNarrow).toBeUndefined()
  })
})
