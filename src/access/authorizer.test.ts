import { describe, expect, it } from 'bun:test'
import { ANONYMOUS, type Principal } from '../auth/principal.ts'
import { parseRepositoryName } from '../oci/name.ts'
import { type Action, type AnonymousAccess, openAuthorizer, type Resource, withinToken } from './authorizer.ts'

const USER: Principal = { kind: 'user', id: 'user:1', name: 'somebody' }
const REPOSITORY: Resource = { repository: parseRepositoryName('team/app') }
const OTHER: Resource = { repository: parseRepositoryName('team/app-2') }
const ACTIONS: readonly Action[] = ['pull', 'push', 'delete', 'catalog']

async function allowed(access: AnonymousAccess, who: Principal, on: (action: Action) => Resource): Promise<Action[]> {
  const authorizer = withinToken(openAuthorizer(async () => access))
  const decisions = await Promise.all(ACTIONS.map((action) => authorizer.allows(who, action, on(action))))
  return ACTIONS.filter((_, index) => decisions[index]?.allowed)
}

const place = (action: Action): Resource => (action === 'catalog' ? 'catalog' : REPOSITORY)

describe('without a token', () => {
  it.each([
    ['none', []],
    ['pull', ['pull', 'catalog']],
    ['push', ['pull', 'push', 'delete', 'catalog']],
  ] as const)('anonymous callers under "%s" may %p', async (access, actions) => {
    expect(await allowed(access, ANONYMOUS, place)).toEqual([...actions])
  })

  it('whoever is signed in may do everything', async () => {
    expect(await allowed('none', USER, place)).toEqual([...ACTIONS])
  })

  it('the rule is asked for each time, so that a change counts at once', async () => {
    let access: AnonymousAccess = 'push'
    const authorizer = openAuthorizer(async () => access)
    expect((await authorizer.allows(ANONYMOUS, 'push', REPOSITORY)).allowed).toBe(true)
    access = 'none'
    const decision = await authorizer.allows(ANONYMOUS, 'push', REPOSITORY)
    expect(decision).toEqual({ allowed: false, rule: 'auth.anonymous is "none"' })
  })
})

describe('with a token', () => {
  const entry = { type: 'repository', name: 'team/app', actions: ['pull', 'push'] } as const

  it('no more than it was issued for, and says that the token is the reason', async () => {
    const holder: Principal = { ...USER, tokenAccess: [entry] }
    expect(await allowed('none', holder, place)).toEqual(['pull', 'push'])
    const decision = await withinToken(openAuthorizer(async () => 'none')).allows(holder, 'delete', REPOSITORY)
    expect(decision).toMatchObject({ allowed: false, tokenTooNarrow: true })
  })

  it('no more than its owner may do', async () => {
    const holder: Principal = { ...ANONYMOUS, tokenAccess: [{ ...entry, actions: ['pull', 'push', 'delete', '*'] }] }
    expect(await allowed('pull', holder, place)).toEqual(['pull'])
    const decision = await withinToken(openAuthorizer(async () => 'pull')).allows(holder, 'push', REPOSITORY)
    expect(decision.tokenTooNarrow).toBeUndefined()
  })

  it.each([
    ['nothing', []],
    ['another repository', [{ ...entry, name: 'team/app-2' }]],
    ['a repository whose name this one begins with', [{ ...entry, name: 'team' }]],
    ['no action', [{ ...entry, actions: [] }]],
    ['the catalog', [{ type: 'registry', name: 'catalog', actions: ['*'] }]],
    ['a registry of that name', [{ type: 'registry', name: 'team/app', actions: ['*'] }]],
  ] as const)('a token for %s opens no repository', async (_, tokenAccess) => {
    expect(await allowed('none', { ...USER, tokenAccess }, () => REPOSITORY)).toEqual([])
  })

  it('* on a repository is everything there, and nothing elsewhere', async () => {
    const holder: Principal = { ...USER, tokenAccess: [{ ...entry, actions: ['*'] }] }
    expect(await allowed('none', holder, place)).toEqual(['pull', 'push', 'delete'])
    expect(await allowed('none', holder, () => OTHER)).toEqual([])
  })

  it('the catalog takes a token for the catalog', async () => {
    const holder: Principal = { ...USER, tokenAccess: [{ type: 'registry', name: 'catalog', actions: ['*'] }] }
    expect(await allowed('none', holder, place)).toEqual(['catalog'])
  })
})
