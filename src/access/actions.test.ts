import { describe, expect, it } from 'bun:test'
import { actionsOf, isRepositoryAction, isRole, parseAllows, REPOSITORY_ACTIONS, ROLES } from './actions.ts'

const INHERITED = ['constructor', 'toString', '__proto__', 'hasOwnProperty', '']

describe('roles', () => {
  it('each may do what the one before may, and something more', () => {
    const sizes = ROLES.map((role, index) => {
      const before = actionsOf(ROLES[index - 1] ?? '')
      expect(actionsOf(role)).toEqual(expect.arrayContaining([...before]))
      return actionsOf(role).length
    })
    expect(sizes).toEqual([...new Set(sizes)].toSorted((a, b) => a - b))
  })

  it('the owner alone manages; nobody below a maintainer deletes', () => {
    expect(ROLES.filter((role) => actionsOf(role).includes('manage'))).toEqual(['owner'])
    expect(ROLES.filter((role) => actionsOf(role).includes('delete'))).toEqual(['maintainer', 'owner'])
    expect(actionsOf('owner')).toEqual(REPOSITORY_ACTIONS)
  })

  it.each(INHERITED)('"%s" is neither a role nor an action, and allows nothing', (text) => {
    expect([isRole(text), isRepositoryAction(text), actionsOf(text)]).toEqual([false, false, []])
  })
})

describe('actionsOf', () => {
  it.each([
    ['pull', ['pull']],
    ['push,overwrite', ['push', 'overwrite']],
    ['pull,fly', ['pull']],
    ['reader,push', ['push']],
    ['administer', []],
    ['catalog,inspect', []],
    ['PULL', []],
  ])('%s', (text, expected) => {
    expect<readonly string[]>(actionsOf(text)).toEqual(expected)
  })
})

describe('parseAllows', () => {
  it.each([...ROLES])('the role %s stays', (role) => {
    expect(parseAllows(role)).toBe(role)
  })

  it.each([
    ['pull', 'pull'],
    ['delete,pull', 'pull,delete'],
    ['push,push,pull', 'pull,push'],
    ['manage,delete,overwrite,push,pull', 'pull,push,overwrite,delete,manage'],
  ])('the actions %s are %s', (text, expected) => {
    expect(parseAllows(text)).toBe(expected)
    expect(parseAllows(parseAllows(text))).toBe(expected)
  })

  it.each(['fly', 'pull,fly', 'pull,', ',', 'reader,pull', 'pull push', 'Pull', 'administer', ...INHERITED])(
    'refuses "%s" with the words there are',
    (text) => {
      expect(() => parseAllows(text)).toThrow(/neither a role \(reader, .*\) nor an action \(pull, /)
    },
  )

  it('quotes little of what it refuses', () => {
    expect(() => parseAllows('x'.repeat(10_000))).toThrow(/^"x{50}" is/)
  })
})
